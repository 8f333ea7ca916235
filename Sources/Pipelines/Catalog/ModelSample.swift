import Crypto
import Foundation
import Models
import Records

/// Inputs and the outputs expected of them: a CSV file with a column a feature and `probability`; empty or `nan` = missing.
struct ModelSample {
    /// Fewest rows that say anything about a model.
    static let fewest = 10

    /// In the file's order, up to `probability`.
    let leading: [String]
    let digest: String
    private let columns: [String: [Float]]
    let probabilities: [Double]

    init(path: String) throws(Failure) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .sample(path, found: "no file that can be read", expected: "a CSV file")
        }
        digest = SHA256.hash(data: data).hexadecimal
        let text = String(decoding: data.filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        let lines = text.split(separator: "\n")
        let header = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard let output = header.firstIndex(of: "probability"), Set(header).count == header.count else {
            throw .sample(path, found: header.joined(separator: ", "), expected: "a column a feature and `probability`, each once")
        }
        leading = Array(header[..<output])
        var (columns, probabilities) = ([String: [Float]](), [Double]())
        for (index, line) in lines.dropFirst().enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            let place = "\(path):\(index + 2)"
            guard cells.count == header.count else {
                throw .sample(place, found: "\(cells.count) fields", expected: "\(header.count)")
            }
            for (name, cell) in zip(header, cells) {
                let isMissing = cell.isEmpty || cell.lowercased() == "nan"
                guard isMissing || Double(cell)?.isFinite == true else {
                    throw .sample("\(place), \(name)", found: "'\(cell)'", expected: "a number, or nothing")
                }
                if name == "probability" {
                    guard let value = Double(cell), (0...1).contains(value) else {
                        throw .sample("\(place), \(name)", found: "'\(cell)'", expected: "a probability")
                    }
                    probabilities.append(value)
                } else {
                    // By way of 64 bits, as the libraries' own rows come: the 32-bit number nearest to what stands there.
                    columns[name, default: []].append(isMissing ? .nan : Float(Double(cell) ?? .nan))
                }
            }
        }
        guard probabilities.count >= Self.fewest else {
            throw .sample(path, found: "\(probabilities.count) rows", expected: "\(Self.fewest) or more")
        }
        (self.columns, self.probabilities) = (columns, probabilities)
    }

    /// The rows as a job's features; those that the model does not use may be absent.
    func matrix(features: [String], used names: [String], path: String) throws(Failure) -> FeatureMatrix {
        if let missing = names.first(where: { columns[$0] == nil }) {
            throw .sample(path, found: "no column '\(missing)'", expected: "a column for each feature of the model")
        }
        var values: [Float] = []
        for row in probabilities.indices { values += features.map { columns[$0]?[row] ?? .nan } }
        return FeatureMatrix(featureCount: features.count, values: values)
    }

    /// The largest difference, and its row (from 1).
    func largestDifference(to found: [Float]) -> (difference: Double, row: Int) {
        var worst = (difference: 0.0, row: 1)
        for (row, pair) in zip(found, probabilities).enumerated() {
            let difference = abs(Double(pair.0) - pair.1)
            if difference > worst.difference || difference.isNaN { worst = (difference, row + 1) }
        }
        return worst
    }
}
