import Records

/// LightGBM's model as text, version 3 and 4 (`src/io/gbdt_model_text.cpp`, `src/io/tree.cpp`).
///
/// A split sends `value <= threshold`, in 64 bits, to the left. Features are 32-bit numbers here: for them that is
/// `value < next`, where `next` is the number after the largest 32-bit number that is not above the threshold.
enum LightGBMFile {
    private typealias Fields = [Substring: Substring]

    /// `decision_type`: bit 0 categorical, bit 1 missing values go left, bits 2 and 3 what counts as missing.
    private enum Missing: Int {
        case none = 0
        case zero = 1
        case nan = 2
    }

    static func read(_ bytes: [UInt8]) throws(Failure) -> ForeignModel {
        let text = String(decoding: bytes.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "tree", lines.contains("end of trees") else {
            throw .foreignFile("LightGBM text", found: "no `tree` at its start or no `end of trees`", expected: "a whole model")
        }
        var sections: [Fields] = [[:]]
        for line in lines.dropFirst() {
            if line == "end of trees" { break }
            if line.starts(with: "Tree=") { sections.append([:]) }
            if line == "average_output" { sections[0]["average_output"] = "1" }
            if let at = line.firstIndex(of: "=") { sections[sections.count - 1][line[..<at]] = line[line.index(after: at)...] }
        }
        let head = sections[0]
        let scale = try sigmoid(head)
        let names = head["feature_names"]?.split(separator: " ").map(String.init) ?? []
        guard let last = head["max_feature_idx"].flatMap({ Int($0) }), names.count == last + 1, !names.isEmpty else {
            throw .foreignFile("feature_names", found: "\(names.count) names", expected: "one for each feature")
        }
        guard sections.count > 1 else { throw .foreignFile("LightGBM text", found: "no trees", expected: "at least one") }
        var trees: [ParsedTree] = []
        for (index, fields) in sections.dropFirst().enumerated() {
            trees.append(try tree(fields, index: index, scale: scale, features: names.count))
        }
        // Without names of its own LightGBM numbers them.
        let isNumbered = names == names.indices.map { "Column_\($0)" }
        return ForeignModel(
            format: .lightgbm, library: "lightgbm text \(head["version"] ?? "of no version")", featureNames: isNumbered ? nil : names,
            featureCount: names.count, bestTrees: nil, baseMargin: 0, trees: trees)
    }

    /// By how much the margin is multiplied before it becomes a probability.
    private static func sigmoid(_ head: Fields) throws(Failure) -> Double {
        let objective = head["objective"]?.split(separator: " ") ?? []
        guard objective.first == "binary" else {
            throw .foreignUnsupported("objective \(objective.joined(separator: " "))", expected: "objective binary")
        }
        guard head["num_class"] == "1", head["num_tree_per_iteration"] == "1" else {
            throw .foreignUnsupported("several trees a round", expected: "one output")
        }
        guard head["average_output"] == nil else {
            throw .foreignUnsupported("a random forest (`boosting=rf`), which averages its trees", expected: "boosting gbdt or dart")
        }
        guard let given = objective.first(where: { $0.hasPrefix("sigmoid:") }) else { return 1 }
        guard let scale = Double(given.dropFirst(8)), scale > 0, scale.isFinite else {
            throw .foreignFile("objective", found: String(given), expected: "sigmoid: and a number above 0")
        }
        return scale
    }

    private static func tree(_ fields: Fields, index: Int, scale: Double, features: Int) throws(Failure) -> ParsedTree {
        func numbers(_ name: Substring) -> [Double] { (fields[name] ?? "").split(separator: " ").compactMap { Double($0) } }
        func damaged(_ found: String) -> Failure { .foreignFile("tree \(index)", found: found, expected: "a tree") }
        guard fields["is_linear"] ?? "0" == "0" else {
            throw .foreignUnsupported("linear models in the leaves of tree \(index)", expected: "constant leaves")
        }
        let leaves = numbers("leaf_value")
        guard let count = fields["num_leaves"].flatMap({ Int($0) }), count >= 1, leaves.count == count else {
            throw damaged("no `num_leaves`, or another number of `leaf_value`")
        }
        let splits = numbers("split_feature").map { Int64($0) }, thresholds = numbers("threshold")
        let kinds = numbers("decision_type").map { Int($0) }
        let (left, right) = (numbers("left_child").map { Int64($0) }, numbers("right_child").map { Int64($0) })
        // A tree that is one leaf has no counts.
        let counts = count == 1 ? [1] : numbers("internal_count") + numbers("leaf_count")
        let inner = count - 1
        guard [splits.count, thresholds.count, kinds.count, left.count, right.count].allSatisfy({ $0 == inner }),
            counts.count == 2 * count - 1
        else { throw damaged("arrays of other lengths than \(inner) splits and \(count) leaves ask for") }
        guard kinds.allSatisfy({ $0 & 1 == 0 }) else {
            throw .foreignUnsupported("a categorical split in tree \(index)", expected: "splits on numbers alone")
        }
        guard (left + right).allSatisfy({ $0 < inner && $0 >= -count }) else { throw damaged("a child that is no node") }
        // Leaf n is written as -n - 1; here leaves stand after the splits.
        func place(_ child: Int64) -> Int64 { child >= 0 ? child : Int64(inner) - child - 1 }
        var conditions: [Float] = [], directions: [Int64] = []
        for node in 0..<inner {
            conditions.append(next(after: thresholds[node]))
            directions.append(try direction(kinds[node], threshold: thresholds[node], tree: index))
        }
        let ends = [Int64](repeating: -1, count: count), zeros = [Int64](repeating: 0, count: count)
        guard
            let parsed = ParsedTree(
                left: left.map(place) + ends, right: right.map(place) + ends, features: splits + zeros, defaultLeft: directions + zeros,
                conditions: conditions + leaves.map { Float($0 * scale) }, covers: counts.map { Float($0) }, featureCount: features),
            parsed.isWhole
        else { throw damaged("damaged nodes") }
        return parsed
    }

    /// The number after the largest 32-bit number that is not above `threshold`; kept finite, where no value lies beyond.
    private static func next(after threshold: Double) -> Float {
        let near = Float(threshold)
        let below = Double(near) > threshold ? near.nextDown : near
        return min(max(below, -Float.greatestFiniteMagnitude).nextUp, .greatestFiniteMagnitude)
    }

    /// 1 where a missing value goes left.
    private static func direction(_ kind: Int, threshold: Double, tree: Int) throws(Failure) -> Int64 {
        let goesLeft = kind & 2 != 0, zeroIsLeft = 0 <= threshold
        switch Missing(rawValue: kind >> 2 & 3) {
        // Rows had no missing values in training: one counts as 0.
        case Missing.none?: return zeroIsLeft ? 1 : 0
        case .nan?: return goesLeft ? 1 : 0
        case .zero?:
            guard goesLeft == zeroIsLeft else {
                throw .foreignUnsupported(
                    "a split that sends 0 elsewhere than its neighbours in tree \(tree) (`zero_as_missing`)",
                    expected: "missing values that are not 0")
            }
            return goesLeft ? 1 : 0
        case nil: throw .foreignFile("tree \(tree)", found: "decision_type \(kind)", expected: "a known kind")
        }
    }
}
