public import Models
public import Records

/// What every family of text classifiers must keep to; run it on your family in a test, as ``ClassifierContract``.
public struct TextClassifierContract: Sendable {
    private let family: any TextClassifierFamily.Type
    private let parameters: [String: ParameterValue]
    private let set: TextSet

    public init(_ family: any TextClassifierFamily.Type, parameters: [String: ParameterValue] = [:], texts: Int = 120) {
        (self.family, self.parameters) = (family, parameters)
        set = Self.sample(texts: texts)
    }

    /// Every rule that is broken; empty when the family keeps the contract.
    public func findings() -> [ClassifierContract.Finding] {
        let rules: [(String, () throws -> String?)] = [
            ("same-seed-same-bytes", sameSeed), ("probabilities-add-up", addUp), ("learns-something", learns),
            ("subset-of-verdicts", subset), ("saved-and-loaded-says-the-same", savedAndLoaded), ("damaged-bytes-refused", damagedBytes),
            ("weight-zero-is-left-out", weightZero), ("any-bytes-are-a-text", anyBytes), ("nothing-known-is-not-sure", nothingKnown),
            ("bad-sets-refused", badSets),
        ]
        return rules.compactMap { rule, check in
            do {
                return try check().map { ClassifierContract.Finding(rule: rule, what: $0) }
            } catch {
                return ClassifierContract.Finding(rule: rule, what: "threw: \(error)")
            }
        }
    }

    /// Messages of three kinds in English and Japanese, with some words of the other kinds.
    public static func sample(texts: Int, seed: UInt64 = 5) -> TextSet {
        let words: [[String]] = [
            ["card", "lost", "stolen", "block", "カードを失くした", "再発行"], ["refund", "money", "back", "charged", "返金", "二重に請求"],
            ["login", "password", "app", "locked", "ログインできない", "暗証番号"],
        ]
        let other = ["please", "help", "my", "the", "today", "I", "need", "to", "お願いします"]
        var random = SeededGenerator(seed: seed)
        var (all, labels): ([[UInt8]], [Int]) = ([], [])
        for row in 0..<texts {
            let label = row % 3
            var parts = (0..<Int.random(in: 2...3, using: &random)).map { _ in words[label].randomElement(using: &random) ?? "" }
            parts += (0..<Int.random(in: 1...4, using: &random)).map { _ in other.randomElement(using: &random) ?? "" }
            parts.shuffle(using: &random)
            all.append(Array(parts.joined(separator: " ").utf8))
            labels.append(label)
        }
        return TextSet(texts: all, classes: ["card", "refund", "access"], labels: labels)
    }

    private func train(_ set: TextSet, threads: Int = 1) throws -> any TextClassifier {
        try family.train(on: set, parameters: parameters, seed: 1, threads: threads)
    }

    private func sameSeed() throws -> String? {
        let bytes = try train(set).serialized()
        return try bytes == train(set).serialized() && bytes == train(set, threads: 3).serialized()
            ? nil : "two trainings with the same seed differ"
    }

    private func addUp() throws -> String? {
        let all = try train(set).probabilities(of: set.texts)
        guard all.count == set.texts.count * 3, all.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
            return "\(all.count) numbers, or some outside 0...1"
        }
        for row in set.texts.indices where abs(all[(row * 3)..<(row * 3 + 3)].reduce(0, +) - 1) > 1e-4 {
            return "text \(row + 1) does not add up to 1"
        }
        return nil
    }

    private func learns() throws -> String? {
        let model = try train(set), fresh = Self.sample(texts: 150, seed: 6)
        let verdicts = model.verdicts(on: fresh.texts)
        let right = verdicts.indices.count { verdicts[$0].label == fresh.labels[$0] }
        guard right >= 140 else { return "\(right) of 150 new texts right, expected 140 or more" }
        guard model.heldOut.isRight.count == set.texts.count, model.heldOut.accuracy > 0.9 else {
            return "held-out answers: \(model.heldOut.isRight.count) with accuracy \(model.heldOut.accuracy)"
        }
        return verdicts.allSatisfy({ $0.confidence >= 0 && $0.confidence <= 1 && $0.label != $0.runnerUp })
            ? nil : "a confidence outside 0...1"
    }

    private func subset() throws -> String? {
        let model = try train(set), all = model.verdicts(on: set.texts)
        for rows in [[0], [5, 3, 9], Array(stride(from: 1, to: set.texts.count, by: 7))] {
            guard model.verdicts(on: rows.map { set.texts[$0] }) == rows.map({ all[$0] }) else {
                return "texts are judged differently apart"
            }
        }
        return nil
    }

    private func savedAndLoaded() throws -> String? {
        let model = try train(set), bytes = try model.serialized()
        let loaded = try family.load(bytes, threads: 1)
        guard try loaded.serialized() == bytes, loaded.classes == set.classes, loaded.heldOut == model.heldOut else {
            return "saved again, it differs"
        }
        return loaded.verdicts(on: set.texts) == model.verdicts(on: set.texts) ? nil : "the loaded model judges otherwise"
    }

    private func damagedBytes() throws -> String? {
        let bytes = try train(set).serialized()
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 20)) {
            var changed = bytes
            changed[place] ^= 1
            if let what = refuses({ _ = try family.load(changed, threads: 1) }) { return "a change of byte \(place) \(what)" }
        }
        return nil
    }

    private func weightZero() throws -> String? {
        var weighted = set
        weighted.weights = set.labels.indices.map { $0 % 5 == 1 ? 0 : 1 }
        var left = set.rows(set.labels.indices.filter { $0 % 5 != 1 })
        left.weights = left.labels.map { _ in 1 }
        return try train(weighted).probabilities(of: set.texts) == train(left).probabilities(of: set.texts)
            ? nil : "a text of weight 0 changes the model"
    }

    private func anyBytes() throws -> String? {
        let model = try train(set)
        var random = SeededGenerator(seed: 9)
        let texts = (0..<300).map { _ in
            (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        return model.verdicts(on: texts).allSatisfy { $0.confidence >= 0 && $0.confidence <= 1 } ? nil : "a confidence outside 0...1"
    }

    private func nothingKnown() throws -> String? {
        let verdicts = try train(set).verdicts(on: [[], Array("ζζζζ ξξξξ".utf8)])
        return verdicts.allSatisfy { $0.confidence < 0.5 } ? nil : "a text with nothing known in it is judged surely"
    }

    private func badSets() throws -> String? {
        var (label, rare, count, weight) = (set, set, set, set)
        label.labels[2] = 3
        rare.labels = set.labels.map { $0 == 2 ? 1 : $0 }
        count.labels.removeLast()
        weight.weights = set.labels.map { _ in -1 }
        for bad in [label, rare, count, weight, TextSet(texts: [], classes: ["a", "b"], labels: [])] {
            if let what = refuses({ _ = try train(bad) }) { return what }
        }
        return nil
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
