import Foundation
import Models
import Records
import Testing

/// Model files of xgboost 3.2.0 and lightgbm 4.7.0 with what the libraries themselves say of 40 rows; `make.py` beside them made both.
@Suite("trees of other programs") struct ImportedTreesTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/models")

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))) }

    /// Features, then probability, margin and contributions.
    struct Sample {
        var features: [String] = []
        var values: [Float] = []
        var probabilities: [Double] = []
        var margins: [Double] = []
        var contributions: [[Double]] = []

        init(_ name: String) throws {
            let lines = String(decoding: try bytes(name + ".csv"), as: UTF8.self).split(separator: "\n")
            features = lines[0].split(separator: ",").prefix(4).map(String.init)
            for line in lines.dropFirst() {
                let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
                values += cells[..<4].map { Float($0) }
                probabilities.append(cells[4])
                margins.append(cells[5])
                contributions.append(Array(cells[6...]))
            }
        }
        var matrix: FeatureMatrix { FeatureMatrix(featureCount: 4, values: values) }
    }

    static let scored = [
        ("xgboost-shallow", "json"), ("xgboost-deep", "json"), ("xgboost-stopped", "json"), ("xgboost-nameless", "json"),
        ("lightgbm-missing", "txt"), ("lightgbm-deep", "txt"), ("lightgbm-stopped", "txt"), ("lightgbm-complete", "txt"),
    ]

    private func classifier(_ name: String, _ end: String, features: [String]? = nil, trees: Int? = nil) throws -> any Classifier {
        let model = try ForeignModel(Self.bytes("\(name).\(end)"))
        let names = try model.featureNames ?? Sample(name).features
        let artefact = try model.imported(
            names: names, features: features ?? names, trees: trees ?? model.bestTrees ?? model.treeCount
        ).artefact()
        return try BoostingFamily.load(artefact, featureNames: features ?? names, threads: 1)
    }

    @Test("give the library's own probabilities, missing values included", arguments: scored)
    func probabilities(_ name: String, _ end: String) throws {
        let sample = try Sample(name)
        #expect(sample.values.contains { $0.isNaN } && sample.values.contains { !$0.isNaN })
        let found = try classifier(name, end).probabilities(of: sample.matrix)
        #expect(Set(sample.probabilities).count > 5)
        for (row, pair) in zip(found, sample.probabilities).enumerated() {
            #expect(abs(Double(pair.0) - pair.1) <= 1e-6, "row \(row + 1): \(pair)")
        }
    }

    @Test("explain themselves: contributions are the library's and add up to the margin", arguments: scored)
    func contributions(_ name: String, _ end: String) throws {
        let sample = try Sample(name)
        let scale = name == "lightgbm-deep" ? 1.5 : 1.0
        let found = try classifier(name, end).contributions(of: sample.matrix)
        for row in sample.probabilities.indices {
            let own = found[row * 5..<row * 5 + 5].map(Double.init)
            let margin = sample.margins[row] * scale
            #expect(abs(own.reduce(0, +) - margin) <= 1e-5 * max(1, abs(margin)), "row \(row + 1)")
            for (phi, expected) in zip(own, sample.contributions[row]) {
                #expect(abs(phi - expected * scale) <= 2e-5 * max(1, abs(expected)), "row \(row + 1): \(phi), expected \(expected * scale)")
            }
        }
    }

    @Test("of early stopping are told apart: the best round's trees, and all of them")
    func stopped() throws {
        let model = try ForeignModel(Self.bytes("xgboost-stopped.json"))
        #expect(model.bestTrees == 6 && model.treeCount == 11)
        let all = try Sample("xgboost-stopped-all")
        let found = try classifier("xgboost-stopped", "json", trees: model.treeCount).probabilities(of: all.matrix)
        let best = try classifier("xgboost-stopped", "json").probabilities(of: all.matrix)
        #expect(zip(found, all.probabilities).allSatisfy { abs(Double($0) - $1) <= 1e-6 })
        #expect(!zip(best, all.probabilities).allSatisfy { abs(Double($0) - $1) <= 1e-3 })
    }

    @Test("score over a job's features, which are more and in another order")
    func moved() throws {
        let sample = try Sample("lightgbm-deep")
        let features = ["other", "ratio", "amount", "more", "count_1d", "hour"]
        let places = [2, 5, 4, 1]
        var values: [Float] = []
        for row in sample.probabilities.indices {
            var wide = [Float](repeating: 7, count: 6)
            for (column, place) in places.enumerated() { wide[place] = sample.values[row * 4 + column] }
            values += wide
        }
        let found = try classifier("lightgbm-deep", "txt", features: features)
            .probabilities(of: FeatureMatrix(featureCount: 6, values: values))
        #expect(zip(found, sample.probabilities).allSatisfy { abs(Double($0) - $1) <= 1e-6 })
        #expect(code { _ = try classifier("lightgbm-deep", "txt", features: ["amount", "hour", "ratio"]) } == "models.foreign-features")
    }

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    @Test(
        "of other kinds are refused, each by its name",
        arguments: [
            ("lightgbm-categorical.txt", "categorical"), ("lightgbm-regression.txt", "objective"), ("lightgbm-zero.txt", "zero_as_missing"),
            ("xgboost-categorical.json", "categorical"), ("xgboost-regression.json", "objective"), ("xgboost-dart.json", "dart"),
        ])
    func refused(_ name: String, _ word: String) throws {
        let bytes = try Self.bytes(name)
        do throws(Failure) {
            _ = try ForeignModel(bytes)
            Issue.record("\(name) was read")
        } catch {
            #expect(error.code == "models.foreign-unsupported" && error.found.contains(word), "\(error)")
        }
    }

    @Test("that are cut off or damaged are refused, never misread")
    func damaged() throws {
        for name in ["xgboost-shallow.json", "lightgbm-missing.txt"] {
            let whole = try Self.bytes(name)
            for part in stride(from: 0, to: whole.count - 1, by: 977) where part < whole.count / 2 {
                #expect(code { _ = try ForeignModel(Array(whole[..<part])) } == "models.foreign-file", "\(name) cut at \(part)")
            }
        }
        let text = String(decoding: try Self.bytes("lightgbm-missing.txt"), as: UTF8.self)
        for (from, to) in [
            ("left_child=2 -2", "left_child=9 -2"), ("left_child=2 -2", "left_child=0 -2"), ("num_leaves=7", "num_leaves=8"),
        ] {
            #expect(text.contains(from))
            #expect(code { _ = try ForeignModel(Array(text.replacing(from, with: to).utf8)) } == "models.foreign-file")
        }
    }

    @Test("kept in the catalog come back to the bit; a changed byte is refused")
    func kept() throws {
        let made = try classifier("xgboost-deep", "json")
        let bytes = try made.serialized()
        let again = try BoostingFamily.load(bytes, featureNames: made.featureNames, threads: 1)
        let sample = try Sample("xgboost-deep")
        #expect(try again.probabilities(of: sample.matrix) == made.probabilities(of: sample.matrix))
        for place in stride(from: 20, to: bytes.count, by: bytes.count / 40) {
            var changed = bytes
            changed[place] ^= 1
            #expect(code { _ = try BoostingFamily.load(changed, featureNames: made.featureNames, threads: 1) } == "models.not-a-model")
        }
    }
}
