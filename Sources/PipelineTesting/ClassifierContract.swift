import Foundation
public import Models
public import Records

/// What every classifier family must keep to; run it on your family in a test:
///
/// ```swift
/// #expect(ClassifierContract(MyFamily.self).findings().isEmpty)
/// ```
///
/// Follows scikit-learn's `check_estimator`; the data are made here, with missing values and ties.
public struct ClassifierContract: Sendable {
    /// A rule that a family broke.
    public struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Stable: `same-seed-same-bytes`.
        public let rule: String
        public let what: String

        public var description: String { "\(rule): \(what)" }
    }

    private let family: any ClassifierFamily.Type
    private let parameters: [String: ParameterValue]
    private let set: TrainingSet

    /// - Parameter parameters: settings under which the family must keep the contract; by default its defaults.
    public init(_ family: any ClassifierFamily.Type, parameters: [String: ParameterValue] = [:], rows: Int = 600) {
        (self.family, self.parameters) = (family, parameters)
        set = Self.sample(rows: rows)
    }

    /// Every rule that is broken; empty when the family keeps the contract.
    public func findings() -> [Finding] {
        var findings: [Finding] = []
        let rules: [(String, () throws -> String?)] = [
            ("same-seed-same-bytes", sameSeed), ("any-thread-count-same-bytes", anyThreads),
            ("probabilities-in-range", inRange), ("learns-something", learns),
            ("subset-of-predictions", subset), ("contributions-sum-to-margin", contributionsSum),
            ("saved-and-loaded-predicts-the-same", savedAndLoaded), ("other-features-refused", otherFeatures),
            ("damaged-bytes-refused", damagedBytes), ("weight-zero-is-left-out", weightZero),
            ("no-rows-refused", noRows), ("one-class-refused", oneClass), ("infinite-refused", infinite),
            ("label-refused", badLabel), ("weight-refused", badWeight), ("counts-refused", badCounts),
            ("other-width-refused", otherWidth), ("empty-matrix-scores-empty", emptyMatrix),
        ]
        for (rule, check) in rules {
            do {
                if let what = try check() { findings.append(Finding(rule: rule, what: what)) }
            } catch {
                findings.append(Finding(rule: rule, what: "threw: \(error)"))
            }
        }
        return findings
    }

    /// Five features, the last of them noise; about a tenth positive; a tenth of two columns missing; values on a grid, so with ties.
    public static func sample(rows: Int, seed: UInt64 = 7) -> TrainingSet {
        var random = SeededGenerator(seed: seed)
        var (values, labels): ([Float], [Float]) = ([], [])
        for row in 0..<rows {
            var features = (0..<5).map { _ in (Float.random(in: -2...2, using: &random) * 16).rounded() / 16 }
            let score = features[0] + 0.5 * features[1] - features[2] * features[0] + Float.random(in: -1...1, using: &random)
            labels.append(score > 2.2 || row == 0 ? 1 : 0)
            for column in [1, 3] where Int.random(in: 0..<10, using: &random) == 0 { features[column] = .nan }
            values += features
        }
        return TrainingSet(
            matrix: FeatureMatrix(featureCount: 5, values: values), featureNames: ["first", "second", "third", "fourth", "noise"],
            labels: labels)
    }

    private func train(_ set: TrainingSet, seed: UInt64 = 1, threads: Int = 1) throws -> any Classifier {
        try family.train(on: set, parameters: parameters, seed: seed, threads: threads)
    }

    // MARK: Determinism

    private func sameSeed() throws -> String? {
        try train(set).serialized() == train(set).serialized() ? nil : "two trainings with the same seed differ"
    }

    private func anyThreads() throws -> String? {
        let one = try train(set, threads: 1), two = try train(set, threads: 2), many = try train(set, threads: 3)
        guard try one.serialized() == two.serialized(), try one.serialized() == many.serialized() else {
            return "the bytes differ with the number of threads"
        }
        let (a, b) = (try one.contributions(of: set.matrix), try many.contributions(of: set.matrix))
        return a == b ? nil : "contributions differ with the number of threads"
    }

    // MARK: Scoring

    private func inRange() throws -> String? {
        let scores = try train(set).probabilities(of: set.matrix)
        guard scores.count == set.matrix.rowCount else { return "\(scores.count) scores of \(set.matrix.rowCount) rows" }
        return scores.allSatisfy { $0 >= 0 && $0 <= 1 } ? nil : "a score outside 0...1"
    }

    private func learns() throws -> String? {
        let model = try train(set)
        let fresh = Self.sample(rows: 600, seed: 8)
        let area = Metrics.rocAUC(scores: try model.probabilities(of: fresh.matrix), labels: fresh.labels) ?? 0
        return area > 0.7 ? nil : "area under the ROC curve of new rows is \(area), expected above 0.7"
    }

    private func subset() throws -> String? {
        let model = try train(set)
        let all = try model.probabilities(of: set.matrix)
        for indices in [[0], [5, 3, 9], Array(stride(from: 1, to: set.matrix.rowCount, by: 7))] {
            let part = try model.probabilities(of: set.matrix.rows(indices))
            guard part == indices.map({ all[$0] }) else { return "rows score differently when scored apart" }
        }
        return nil
    }

    private func emptyMatrix() throws -> String? {
        let model = try train(set)
        let empty = FeatureMatrix(featureCount: set.matrix.featureCount)
        let counts = (try model.probabilities(of: empty).count, try model.contributions(of: empty).count)
        return counts == (0, 0) ? nil : "\(counts.0) scores and \(counts.1) contributions of no rows"
    }

    private func contributionsSum() throws -> String? {
        let model = try train(set)
        let (scores, parts) = (try model.probabilities(of: set.matrix), try model.contributions(of: set.matrix))
        let width = set.featureNames.count + 1
        guard parts.count == scores.count * width else { return "\(parts.count) contributions, expected \(scores.count * width)" }
        for (row, score) in scores.enumerated() {
            let margin = parts[(row * width)..<((row + 1) * width)].reduce(0.0) { $0 + Double($1) }
            let probability = 1 / (1 + exp(-margin))
            if abs(probability - Double(score)) > 1e-5 { return "row \(row + 1): contributions give \(probability), the score is \(score)" }
        }
        return nil
    }

    // MARK: Artefacts

    private func savedAndLoaded() throws -> String? {
        let model = try train(set)
        let bytes = try model.serialized()
        let loaded = try family.load(bytes, featureNames: set.featureNames, threads: 1)
        guard try loaded.serialized() == bytes else { return "saved again, the bytes differ" }
        guard loaded.family == model.family, loaded.featureNames == set.featureNames else { return "the family or the names differ" }
        guard try loaded.probabilities(of: set.matrix) == model.probabilities(of: set.matrix) else {
            return "the loaded model scores otherwise"
        }
        return try loaded.contributions(of: set.matrix) == model.contributions(of: set.matrix) ? nil : "the loaded model explains otherwise"
    }

    private func otherFeatures() throws -> String? {
        let bytes = try train(set).serialized()
        let others = [Array(set.featureNames.dropLast()), set.featureNames.dropLast() + ["another"], set.featureNames.reversed()]
        for names in others {
            do {
                _ = try family.load(bytes, featureNames: names, threads: 1)
                return "a model of other features was loaded"
            } catch {
                let text = error.description
                for name in names + set.featureNames where !text.contains(name) { return "the failure does not name '\(name)'" }
            }
        }
        return nil
    }

    private func damagedBytes() throws -> String? {
        let bytes = try train(set).serialized()
        for damaged in [[], [UInt8](repeating: 0, count: 64), Array(bytes.dropLast(bytes.count / 2)), Array("not a model".utf8)] {
            if let what = refuses({ _ = try family.load(damaged, featureNames: set.featureNames, threads: 1) }) { return what }
        }
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
            var changed = bytes
            changed[place] ^= 1
            if let what = refuses({ _ = try family.load(changed, featureNames: set.featureNames, threads: 1) }) {
                return "a change of byte \(place) \(what)"
            }
        }
        return nil
    }

    // MARK: Training sets

    private func weightZero() throws -> String? {
        var weighted = set
        weighted.weights = set.labels.indices.map { $0 % 3 == 1 ? 0 : 1 + Float($0 % 2) }
        let kept = set.labels.indices.filter { $0 % 3 != 1 }
        let left = TrainingSet(
            matrix: set.matrix.rows(kept), featureNames: set.featureNames, labels: kept.map { set.labels[$0] },
            weights: kept.map { weighted.weights[$0] })
        let (a, b) = (try train(weighted), try train(left))
        guard try a.probabilities(of: set.matrix) == b.probabilities(of: set.matrix) else { return "a row of weight 0 changes the model" }
        return nil
    }

    private func noRows() -> String? {
        let empty = TrainingSet(matrix: FeatureMatrix(featureCount: 5), featureNames: set.featureNames, labels: [])
        var weightless = set
        weightless.weights = set.labels.map { _ in 0 }
        return refuses { _ = try train(empty) } ?? refuses { _ = try train(weightless) }
    }

    private func oneClass() -> String? {
        var (none, all) = (set, set)
        none.labels = set.labels.map { _ in 0 }
        all.labels = set.labels.map { _ in 1 }
        return refuses { _ = try train(none) } ?? refuses { _ = try train(all) }
    }

    private func infinite() throws -> String? {
        var bad = set
        bad.matrix.values[12] = .infinity
        let model = try train(set)
        return refuses { _ = try train(bad) } ?? refuses { _ = try model.probabilities(of: bad.matrix) }
            ?? refuses { _ = try model.contributions(of: bad.matrix) }
    }

    private func badLabel() -> String? {
        for label: Float in [2, 0.5, -1, .nan] {
            var bad = set
            bad.labels[3] = label
            if let what = refuses({ _ = try train(bad) }) { return what }
        }
        return nil
    }

    private func badWeight() -> String? {
        for weight: Float in [-1, .nan, .infinity] {
            var bad = set
            bad.weights = set.labels.map { _ in 1 }
            bad.weights[3] = weight
            if let what = refuses({ _ = try train(bad) }) { return what }
        }
        return nil
    }

    private func badCounts() -> String? {
        var (labels, names, weights) = (set, set, set)
        labels.labels.removeLast()
        names.featureNames.removeLast()
        weights.weights = [1, 1]
        return refuses { _ = try train(labels) } ?? refuses { _ = try train(names) } ?? refuses { _ = try train(weights) }
    }

    private func otherWidth() throws -> String? {
        let model = try train(set)
        let narrow = FeatureMatrix(featureCount: 4, values: Array(set.matrix.values.prefix(40)))
        return refuses { _ = try model.probabilities(of: narrow) } ?? refuses { _ = try model.contributions(of: narrow) }
    }

    /// Nil when the body throws a `Failure` that says what was found.
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
