import Foundation
public import Models
public import Records

/// What every family of classifiers of several classes must keep to; run it on your family in a test, as ``ClassifierContract``.
public struct MulticlassContract: Sendable {
    private let family: any MulticlassFamily.Type
    private let parameters: [String: ParameterValue]
    private let set: MulticlassSet

    public init(_ family: any MulticlassFamily.Type, parameters: [String: ParameterValue] = [:], rows: Int = 400) {
        (self.family, self.parameters) = (family, parameters)
        set = Self.sample(rows: rows)
    }

    /// Every rule that is broken; empty when the family keeps the contract.
    public func findings() -> [ClassifierContract.Finding] {
        let rules: [(String, () throws -> String?)] = [
            ("same-seed-same-bytes", sameSeed), ("probabilities-add-up", addUp), ("learns-something", learns),
            ("subset-of-predictions", subset), ("contributions-give-probabilities", contributions),
            ("saved-and-loaded-predicts-the-same", savedAndLoaded), ("damaged-bytes-refused", damagedBytes),
            ("weight-zero-is-left-out", weightZero), ("bad-rows-refused", badRows),
        ]
        return rules.compactMap { rule, check in
            do {
                return try check().map { ClassifierContract.Finding(rule: rule, what: $0) }
            } catch {
                return ClassifierContract.Finding(rule: rule, what: "threw: \(error)")
            }
        }
    }

    /// Three classes by two features, the third class rare; some values missing.
    public static func sample(rows: Int, seed: UInt64 = 5) -> MulticlassSet {
        var random = SeededGenerator(seed: seed)
        var (values, labels): ([Float], [Int]) = ([], [])
        for _ in 0..<rows {
            var features = (0..<4).map { _ in (Float.random(in: -2...2, using: &random) * 32).rounded() / 32 }
            let noise = Float.random(in: -0.3...0.3, using: &random)
            labels.append(features[0] + noise > 1.2 ? 2 : features[1] + noise > 0 ? 1 : 0)
            if Int.random(in: 0..<10, using: &random) == 0 { features[2] = .nan }
            values += features
        }
        return MulticlassSet(
            matrix: FeatureMatrix(featureCount: 4, values: values), featureNames: ["first", "second", "third", "noise"],
            classes: ["left", "right", "far"], labels: labels)
    }

    private func train(_ set: MulticlassSet, threads: Int = 1) throws -> any MulticlassClassifier {
        try family.train(on: set, parameters: parameters, seed: 1, threads: threads)
    }

    private func sameSeed() throws -> String? {
        let bytes = try train(set).serialized()
        return try bytes == train(set).serialized() && bytes == train(set, threads: 3).serialized()
            ? nil : "two trainings with the same seed differ"
    }

    private func addUp() throws -> String? {
        let all = try train(set).probabilities(of: set.matrix)
        guard all.count == set.labels.count * 3, all.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
            return "\(all.count) numbers, or some outside 0...1"
        }
        for row in set.labels.indices where abs(all[(row * 3)..<(row * 3 + 3)].reduce(0, +) - 1) > 1e-5 {
            return "row \(row + 1) does not add up to 1"
        }
        return nil
    }

    private func learns() throws -> String? {
        let fresh = Self.sample(rows: 400, seed: 6)
        let all = try train(set).probabilities(of: fresh.matrix)
        let right = fresh.labels.indices.count { row in
            let own = Array(all[(row * 3)..<(row * 3 + 3)])
            return own.indices.max { own[$0] < own[$1] } == fresh.labels[row]
        }
        return right > 320 ? nil : "\(right) of 400 new rows right, expected more than 320"
    }

    private func subset() throws -> String? {
        let model = try train(set)
        let all = try model.probabilities(of: set.matrix)
        for indices in [[0], [5, 3, 9], Array(stride(from: 1, to: set.matrix.rowCount, by: 7))] {
            guard try model.probabilities(of: set.matrix.rows(indices)) == indices.flatMap({ all[($0 * 3)..<($0 * 3 + 3)] }) else {
                return "rows score differently when scored apart"
            }
        }
        return nil
    }

    private func contributions() throws -> String? {
        let model = try train(set)
        let all = try model.probabilities(of: set.matrix)
        let width = set.featureNames.count + 1
        var margins: [[Double]] = []
        for index in model.classes.indices {
            let parts = try model.contributions(of: set.matrix, toClass: index)
            margins.append(set.labels.indices.map { row in parts[(row * width)..<((row + 1) * width)].reduce(0.0) { $0 + Double($1) } })
        }
        for row in set.labels.indices {
            let powers = margins.map { exp($0[row]) }
            for index in powers.indices where abs(powers[index] / powers.reduce(0, +) - Double(all[row * 3 + index])) > 1e-4 {
                return "row \(row + 1): contributions give another probability than the score"
            }
        }
        return nil
    }

    private func savedAndLoaded() throws -> String? {
        let model = try train(set), bytes = try model.serialized()
        let loaded = try family.load(bytes, featureNames: set.featureNames, threads: 1)
        guard try loaded.serialized() == bytes, loaded.classes == set.classes, loaded.family == model.family else {
            return "saved again, it differs"
        }
        guard try loaded.probabilities(of: set.matrix) == model.probabilities(of: set.matrix) else {
            return "the loaded model scores otherwise"
        }
        return refuses { _ = try family.load(bytes, featureNames: set.featureNames.reversed(), threads: 1) }
    }

    private func damagedBytes() throws -> String? {
        let bytes = try train(set).serialized()
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 30)) {
            var changed = bytes
            changed[place] ^= 1
            if let what = refuses({ _ = try family.load(changed, featureNames: set.featureNames, threads: 1) }) {
                return "a change of byte \(place) \(what)"
            }
        }
        return nil
    }

    private func weightZero() throws -> String? {
        var weighted = set
        weighted.weights = set.labels.indices.map { $0 % 3 == 1 ? 0 : 1 }
        let kept = set.labels.indices.filter { $0 % 3 != 1 }
        let left = MulticlassSet(
            matrix: set.matrix.rows(kept), featureNames: set.featureNames, classes: set.classes, labels: kept.map { set.labels[$0] },
            weights: kept.map { _ in 1 })
        return try train(weighted).probabilities(of: set.matrix) == train(left).probabilities(of: set.matrix)
            ? nil : "a row of weight 0 changes the model"
    }

    private func badRows() throws -> String? {
        var (label, missing, infinite, count) = (set, set, set, set)
        label.labels[2] = 3
        missing.labels = set.labels.map { $0 == 2 ? 1 : $0 }
        infinite.matrix.values[3] = .infinity
        count.labels.removeLast()
        for bad in [label, missing, infinite, count] { if let what = refuses({ _ = try train(bad) }) { return what } }
        let model = try train(set)
        return refuses { _ = try model.probabilities(of: infinite.matrix) }
    }

    private func refuses(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return "was accepted"
        } catch let failure as Failure {
            return failure.found.isEmpty ? "the failure does not say what was found" : nil
        } catch {
            return "threw another error than a Failure: \(error)"
        }
    }
}
