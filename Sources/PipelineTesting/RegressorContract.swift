public import Models
public import Records

/// What every family of regressors must keep to; run it on your family in a test, as ``ClassifierContract``.
public struct RegressorContract: Sendable {
    private let family: any RegressorFamily.Type
    private let parameters: [String: ParameterValue]
    private let set: RegressionSet

    public init(_ family: any RegressorFamily.Type, parameters: [String: ParameterValue] = [:], rows: Int = 400) {
        (self.family, self.parameters) = (family, parameters)
        set = Self.sample(rows: rows)
    }

    /// Every rule that is broken; empty when the family keeps the contract.
    public func findings() -> [ClassifierContract.Finding] {
        let rules: [(String, () throws -> String?)] = [
            ("same-seed-same-bytes", sameSeed), ("learns-something", learns), ("subset-of-predictions", subset),
            ("quantiles-never-cross", quantiles), ("contributions-sum-to-mean", contributionsSum),
            ("saved-and-loaded-predicts-the-same", savedAndLoaded), ("damaged-bytes-refused", damagedBytes),
            ("weight-zero-is-left-out", weightZero), ("bad-rows-refused", badRows), ("empty-matrix-predicts-empty", emptyMatrix),
        ]
        return rules.compactMap { rule, check in
            do {
                return try check().map { ClassifierContract.Finding(rule: rule, what: $0) }
            } catch {
                return ClassifierContract.Finding(rule: rule, what: "threw: \(error)")
            }
        }
    }

    /// Four features, some missing, in groups of ten rows that share an offset; the target is 3 a - b + offset + noise.
    public static func sample(rows: Int, seed: UInt64 = 5) -> RegressionSet {
        var random = SeededGenerator(seed: seed)
        var (values, targets, groups): ([Float], [Float], [Int]) = ([], [], [])
        var offset: Float = 0
        for row in 0..<rows {
            if row % 10 == 0 { offset = Float.random(in: -1...1, using: &random) }
            var features = (0..<4).map { _ in (Float.random(in: -2...2, using: &random) * 32).rounded() / 32 }
            targets.append(50 + 3 * features[0] - features[1] + offset + Float.random(in: -0.5...0.5, using: &random))
            groups.append(row / 10)
            if Int.random(in: 0..<10, using: &random) == 0 { features[2] = .nan }
            values += features
        }
        return RegressionSet(
            matrix: FeatureMatrix(featureCount: 4, values: values), featureNames: ["first", "second", "third", "noise"],
            targets: targets, groups: groups)
    }

    private func train(_ set: RegressionSet, threads: Int = 1) throws -> any Regressor {
        try family.train(on: set, parameters: parameters, seed: 1, threads: threads)
    }

    private func sameSeed() throws -> String? {
        let bytes = try train(set).serialized()
        return try bytes == train(set).serialized() && bytes == train(set, threads: 3).serialized()
            ? nil : "two trainings with the same seed differ"
    }

    private func learns() throws -> String? {
        let model = try train(set)
        let fresh = Self.sample(rows: 400, seed: 6)
        let width = 1 + model.quantiles.count
        let predicted = try model.predictions(of: fresh.matrix)
        let mean = fresh.targets.reduce(0, +) / Float(fresh.targets.count)
        let (spread, error) = fresh.targets.indices.reduce((Float(0), Float(0))) { sums, row in
            let (a, b) = (fresh.targets[row] - mean, fresh.targets[row] - predicted[row * width])
            return (sums.0 + a * a, sums.1 + b * b)
        }
        return error < 0.3 * spread ? nil : "squared error on new rows is \(error / spread) of the target's spread, expected below 0.3"
    }

    private func subset() throws -> String? {
        let model = try train(set)
        let all = try model.predictions(of: set.matrix), width = 1 + model.quantiles.count
        for indices in [[0], [5, 3, 9], Array(stride(from: 1, to: set.matrix.rowCount, by: 7))] {
            let part = try model.predictions(of: set.matrix.rows(indices))
            guard part == indices.flatMap({ all[($0 * width)..<(($0 + 1) * width)] }) else {
                return "rows are predicted differently when predicted apart"
            }
        }
        return nil
    }

    private func quantiles() throws -> String? {
        let model = try train(set)
        guard model.quantiles == model.quantiles.sorted(), model.quantiles.allSatisfy({ $0 > 0 && $0 < 1 }) else {
            return "the quantiles are \(model.quantiles)"
        }
        let all = try model.predictions(of: set.matrix), width = 1 + model.quantiles.count
        guard all.count == set.matrix.rowCount * width else { return "\(all.count) numbers of \(set.matrix.rowCount) rows" }
        for row in 0..<set.matrix.rowCount {
            let own = Array(all[(row * width + 1)..<((row + 1) * width)])
            if own != own.sorted() { return "row \(row + 1): quantiles \(own)" }
        }
        return nil
    }

    private func contributionsSum() throws -> String? {
        let model = try train(set)
        let (all, parts) = (try model.predictions(of: set.matrix), try model.contributions(of: set.matrix))
        let (width, outputs) = (set.featureNames.count + 1, 1 + model.quantiles.count)
        guard parts.count == set.matrix.rowCount * width else { return "\(parts.count) contributions" }
        for row in 0..<set.matrix.rowCount {
            let sum = parts[(row * width)..<((row + 1) * width)].reduce(0.0) { $0 + Double($1) }
            if abs(sum - Double(all[row * outputs])) > 1e-3 {
                return "row \(row + 1): contributions give \(sum), the mean is \(all[row * outputs])"
            }
        }
        return nil
    }

    private func savedAndLoaded() throws -> String? {
        let model = try train(set), bytes = try model.serialized()
        let loaded = try family.load(bytes, featureNames: set.featureNames, threads: 1)
        guard try loaded.serialized() == bytes, loaded.quantiles == model.quantiles, loaded.family == model.family else {
            return "saved again, it differs"
        }
        guard try loaded.predictions(of: set.matrix) == model.predictions(of: set.matrix) else {
            return "the loaded model predicts otherwise"
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
        return refuses { _ = try family.load([], featureNames: set.featureNames, threads: 1) }
    }

    private func weightZero() throws -> String? {
        var weighted = set
        weighted.weights = set.targets.indices.map { $0 / 10 % 3 == 1 ? 0 : 1 }
        let kept = set.targets.indices.filter { $0 / 10 % 3 != 1 }
        let left = RegressionSet(
            matrix: set.matrix.rows(kept), featureNames: set.featureNames, targets: kept.map { set.targets[$0] },
            weights: kept.map { _ in 1 }, groups: kept.map { set.groups[$0] })
        return try train(weighted).predictions(of: set.matrix) == train(left).predictions(of: set.matrix)
            ? nil : "a row of weight 0 changes the model"
    }

    private func badRows() throws -> String? {
        var (target, infinite, count) = (set, set, set)
        target.targets[2] = .nan
        infinite.matrix.values[3] = .infinity
        count.targets.removeLast()
        let empty = RegressionSet(matrix: FeatureMatrix(featureCount: 4), featureNames: set.featureNames, targets: [])
        let model = try train(set)
        for bad in [target, infinite, count, empty] { if let what = refuses({ _ = try train(bad) }) { return what } }
        return refuses { _ = try model.predictions(of: infinite.matrix) }
    }

    private func emptyMatrix() throws -> String? {
        let model = try train(set), empty = FeatureMatrix(featureCount: 4)
        return try model.predictions(of: empty).isEmpty && model.contributions(of: empty).isEmpty ? nil : "numbers of no rows"
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
