package import Connectors
import Foundation
package import Records

/// Reads the figures that a file states of itself, beside those its rows give.
struct ControlReading {
    let control: ControlSettings
    let feed: JobFeed
    let file: FeedFile
    let digest: FeedDigest
    let profile: DeliveryProfile

    /// - Throws: a file that cannot be read.
    func figures() throws(Failure) -> [ControlFigure] {
        switch control.source {
        case .trailer: figures(stated: try trailer(), place: file.name)
        case .manifest(let pattern): manifest(pattern)
        case .paths: try document()
        }
    }

    /// - Parameter stated: what stands at a place of the trailer or manifest; nil = nothing.
    private func figures(stated: (fields: [String: String], line: Int64)?, place: String) -> [ControlFigure] {
        func figure(_ name: String, at key: String, computed: String, unreadable: Int64 = 0) -> ControlFigure {
            ControlFigure(
                name: name, place: place, stated: stated?.fields[key], computed: computed, line: stated?.line ?? 0, unreadable: unreadable)
        }
        var figures: [ControlFigure] = []
        if let rows = control.rows { figures.append(figure("rows", at: rows, computed: String(profile.rows))) }
        if let sum = control.sum {
            figures.append(
                figure(
                    "sum of \(sum.column)", at: sum.place, computed: profile.total.map { "\($0)" } ?? "more digits than a sum can hold",
                    unreadable: profile.rejected))
        }
        return figures
    }

    // MARK: In the file

    private func trailer() throws(Failure) -> (fields: [String: String], line: Int64)? {
        guard let last = try CSVFormat.trailer(of: file, options: feed.options)?.lines.last else { return nil }
        var fields: [String: String] = [:]
        for (index, field) in last.fields.enumerated() { fields[String(index + 1)] = field.filter { !$0.isWhitespace } }
        return (fields, 0)
    }

    private func document() throws(Failure) -> [ControlFigure] { try control.figures(of: file, feed: feed) }

    // MARK: Beside it

    private func manifest(_ pattern: String) -> [ControlFigure] {
        let wanted = [control.rows, control.sum?.place, control.digest].compactMap(\.self)
        let names = MarkerPattern(pattern)
        let stems = MarkerPattern.stems(file.path.split(separator: "/").last.map(String.init) ?? file.path)
        var found: (fields: [String: String], line: Int64)?
        var place = names.names(for: file.name).first ?? file.name
        for (path, name) in zip(names.names(for: file.path), names.names(for: file.name)) where FileStamp(path: path) != nil {
            found = Self.row(of: FeedFile(path: path, name: name), wanted: wanted, stems: stems)
            place = name
            break
        }
        var figures = figures(stated: found, place: place)
        if let key = control.digest {
            figures.append(
                ControlFigure(
                    name: "sha256", place: place, stated: found?.fields[key]?.lowercased(), computed: digest.hex, line: found?.line ?? 0))
        }
        return figures
    }

    /// The line about a file: the one whose `name` or `file` it is, else the only one.
    private static func row(of manifest: FeedFile, wanted: [String], stems: [String]) -> (fields: [String: String], line: Int64)? {
        for delimiter in [",", ";", "tab", "|"] {
            let options: [String: ParameterValue] = ["delimiter": .text(delimiter), "header": .bool(true), "quote": .text("\"")]
            guard let names = FileHeader.names(of: manifest, options: options), wanted.allSatisfy(names.contains) else { continue }
            let about = names.first { ["name", "file", "filename"].contains($0.lowercased()) }
            let columns = (wanted + [about].compactMap(\.self)).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            guard
                let reader = try? CSVFormat.reader(
                    of: manifest,
                    columns: columns.enumerated().map { FeedColumn(field: Field("f\($0)", .string, optional: true), source: $1) },
                    options: options, from: .start, blockRows: 10_000, bufferBytes: 1 << 16),
                let batch = try? reader.next()?.batch
            else { return nil }
            for row in 0..<batch.count {
                var fields: [String: String] = [:]
                for (index, name) in columns.enumerated() {
                    if let text = batch.columns[index].string(row) { fields[name] = text.filter { !$0.isWhitespace } }
                }
                let name = about.flatMap { fields[$0] }.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
                if name.map(stems.contains) ?? (batch.count == 1) { return (fields, batch.rowNumbers[row] + 1) }
            }
            return nil
        }
        return nil
    }
}

extension ControlSettings {
    /// What an XML document states of itself beside what stands in it, by the format's own evaluator.
    package func figures(of file: FeedFile, feed: JobFeed) throws(Failure) -> [ControlFigure] {
        func source(_ column: String) -> String? { feed.readColumns.first { $0.field.name == column }?.source }
        var controls: [FeedControl] = []
        let negative = self.negative ?? ["DBIT", "D", "-"]
        if let rows {
            controls.append(FeedControl(kind: .rows, stated: rows, over: over, label: label))
        }
        for (kind, sum) in [(FeedControl.Kind.sum, sum), (.balance, balance)] {
            guard let sum else { continue }
            controls.append(
                FeedControl(
                    kind: kind, stated: sum.place, opening: sum.opening, amount: source(sum.column), sign: sign,
                    negative: negative, over: over, label: label))
        }
        return try XMLControl.figures(of: file, columns: feed.readColumns, options: feed.options, controls: controls)
    }
}

/// Figures whose texts are no numbers, such as digests, agree when they are equal; a file that states nothing where it should does not.
extension ControlFigure {
    var isMet: Bool {
        guard let stated else { return false }
        return name == "sha256" ? stated == computed : agrees
    }

    /// `rows: 4 stated, 3 found`
    var text: String {
        let left = unreadable == 0 ? "" : " (\(unreadable) rejected rows are not in it)"
        return "\(name): \(stated.map { "\($0) stated" } ?? "not stated"), \(computed) found\(left)"
    }
}
