/// A tree as stored, checked: children in range, every node reached at most once, so no cycle.
struct ParsedTree {
    let left: [Int64]
    let right: [Int64]
    let features: [Int64]
    let defaultLeft: [Int64]
    /// Thresholds; of leaves, the value.
    let conditions: [Float]
    /// Weight of the training rows that came by (their sum of p (1 - p)), of every node.
    let covers: [Float]
    let depth: Int
    /// Whether the root leads to every node; XGBoost keeps the places of nodes that it pruned.
    let isWhole: Bool

    init?(_ tree: UniversalBinaryJSON, featureCount: Int) {
        guard let left = tree["left_children"]?.integerArray, let right = tree["right_children"]?.integerArray,
            let features = tree["split_indices"]?.integerArray, let defaultLeft = tree["default_left"]?.integerArray,
            let conditions = tree["split_conditions"]?.floatArray, let types = tree["split_type"]?.integerArray,
            let covers = tree["sum_hessian"]?.floatArray, types.allSatisfy({ $0 == 0 })
        else { return nil }
        self.init(
            left: left, right: right, features: features, defaultLeft: defaultLeft, conditions: conditions, covers: covers,
            featureCount: featureCount)
    }

    /// Arrays of one length, a place a node; the first is the root, a leaf has -1 as its left child. Nil where they are not a tree.
    init?(
        left: [Int64], right: [Int64], features: [Int64], defaultLeft: [Int64], conditions: [Float], covers: [Float], featureCount: Int
    ) {
        guard !left.isEmpty, covers.allSatisfy({ $0.isFinite && $0 >= 0 }),
            [right.count, features.count, defaultLeft.count, conditions.count, covers.count].allSatisfy({ $0 == left.count })
        else { return nil }
        (self.left, self.right, self.features) = (left, right, features)
        (self.defaultLeft, self.conditions, self.covers) = (defaultLeft, conditions, covers)
        var reached = [Bool](repeating: false, count: left.count)
        reached[0] = true
        var level = [0]
        var depth = -1
        while !level.isEmpty {
            depth += 1
            var below: [Int] = []
            for node in level {
                guard conditions[node].isFinite else { return nil }
                if left[node] == -1 { continue }
                guard features[node] >= 0, features[node] < featureCount else { return nil }
                for child in [left[node], right[node]] {
                    guard child > 0, child < left.count, !reached[Int(child)] else { return nil }
                    reached[Int(child)] = true
                    below.append(Int(child))
                }
            }
            level = below
        }
        self.depth = depth
        isWhole = reached.allSatisfy { $0 }
    }

    /// Nil for a leaf.
    func question(_ node: Int) -> (source: TreeEnsemble.Source, threshold: Float, yes: Int, no: Int)? {
        guard left[node] != -1 else { return nil }
        let feature = Int(features[node])
        guard defaultLeft[node] != 0 else {
            return (.init(feature: feature, isNegated: false), conditions[node], Int(left[node]), Int(right[node]))
        }
        return (.init(feature: feature, isNegated: true), (-conditions[node]).nextUp, Int(right[node]), Int(left[node]))
    }

    /// A node as it is stored: `value < threshold` goes left. Nil for a leaf.
    func split(_ node: Int) -> (feature: Int32, threshold: Float, left: Int, right: Int, missingGoesLeft: Bool)? {
        guard left[node] != -1 else { return nil }
        return (Int32(features[node]), conditions[node], Int(left[node]), Int(right[node]), defaultLeft[node] != 0)
    }
}
