/// The trees of a model in the layout that scoring reads, built from the bytes that are stored.
///
/// Every split is one question, `value < threshold`, which NaN answers with no. Where the model sends missing values to the side of the
/// smaller ones, the split asks the negated column instead: `x >= t` is `-x < nextUp(-t)`, and NaN falls on the other side.
package struct TreeEnsemble: Sendable {
    /// One question of a tree deeper than four; a leaf points at itself, so that all rows walk the same number of levels.
    struct Node {
        var threshold: Float
        var column: Int32
        /// Where `value < threshold` leads; the other way is the node after it.
        var next: Int32
        /// Of a leaf; 0 elsewhere.
        var value: Float
    }
    /// A column of the matrix, as it is or negated.
    struct Source: Hashable {
        var feature: Int
        var isNegated: Bool
    }
    /// Where a tree's numbers lie.
    struct Tree {
        enum Layout {
            /// A block of the shallow arrays.
            case eightLeaves
            /// Two blocks, one after the other, between which `root` asks.
            case sixteenLeaves
            /// In `nodes`.
            case walked
        }
        var layout: Layout
        var start: Int
        var depth: Int
        var root: (column: Int32, threshold: Float) = (0, 0)
    }

    package let featureNames: [String]
    /// Log-odds before the first tree.
    let baseMargin: Float
    private(set) var trees: [Tree] = []
    /// What the splits compare, in the order of first use.
    private(set) var sources: [Source] = []
    /// Blocks of trees filled up to depth 3: seven questions level by level and eight leaves from yes to no.
    private(set) var shallowColumns: [Int32] = []
    private(set) var shallowThresholds: [Float] = []
    private(set) var shallowLeaves: [Float] = []
    private(set) var nodes: [Node] = []
    private var columnOfSource: [Source: Int32] = [:]
    /// The same trees leaf by leaf, for contributions.
    private(set) var paths = LeafPaths()

    package var featureCount: Int { featureNames.count }

    /// What is wrong with a document that is well-formed but not a model this code can score.
    package struct Unsuitable: Error, Hashable {
        package let reason: String
    }

    /// What the sum of the leaves is.
    package enum Output: Hashable, Sendable {
        /// Log-odds of two classes.
        case logistic
        /// The number itself, less the base value.
        case number
        /// The margin of one class among several: only the trees of that class.
        case margin(ofClass: Int, among: Int)

        var objective: String {
            switch self {
            case .logistic: "binary:logistic"
            case .number: "reg:squarederror"
            case .margin: "multi:softprob"
            }
        }
    }

    /// - Throws: anything but a gradient-boosted model of this output with numeric splits and feature names.
    package init(_ document: UniversalBinaryJSON, output: Output = .logistic) throws(Unsuitable) {
        guard let learner = document["learner"], let booster = learner["gradient_booster"] else { throw Unsuitable(reason: "no learner") }
        let objective = learner["objective"]?["name"]?.string ?? "none"
        guard objective == output.objective else { throw Unsuitable(reason: "objective \(objective)") }
        let kind = booster["name"]?.string ?? "none"
        guard kind == "gbtree" else { throw Unsuitable(reason: "booster \(kind)") }
        guard let score = learner["learner_model_param"]?["base_score"]?.string.flatMap({ Float($0) }), score.isFinite,
            output != .logistic || score > 0 && score < 1,
            let count = learner["learner_model_param"]?["num_feature"]?.string.flatMap({ Int($0) })
        else { throw Unsuitable(reason: "no base score or feature count") }
        guard let names = learner["feature_names"]?.stringArray, names.count == count, count > 0 else {
            throw Unsuitable(reason: "no feature names")
        }
        guard case .array(let documents)? = booster["model"]?["trees"], !documents.isEmpty else { throw Unsuitable(reason: "no trees") }
        if case .margin(_, let classes) = output {
            guard learner["learner_model_param"]?["num_class"]?.string == "\(classes)" else {
                throw Unsuitable(reason: "another number of classes")
            }
        }
        let owners = booster["model"]?["tree_info"]?.integerArray ?? []
        featureNames = names
        baseMargin = output == .logistic ? LogOdds.margin(score) : score
        paths.base = Double(baseMargin)
        for (index, tree) in documents.enumerated() {
            if case .margin(let wanted, _) = output {
                guard index < owners.count else { throw Unsuitable(reason: "trees of no class") }
                if owners[index] != wanted { continue }
            }
            guard let parsed = ParsedTree(tree, featureCount: count) else { throw Unsuitable(reason: "tree \(index) damaged") }
            add(parsed)
        }
    }

    /// Trees that were read elsewhere.
    init(featureNames: [String], baseMargin: Float, trees: [ParsedTree]) {
        (self.featureNames, self.baseMargin) = (featureNames, baseMargin)
        paths.base = Double(baseMargin)
        for tree in trees { add(tree) }
    }

    private mutating func add(_ tree: ParsedTree) {
        paths.add(tree)
        let start = shallowLeaves.count / 8
        if tree.depth <= 3 {
            trees.append(Tree(layout: .eightLeaves, start: start, depth: 3))
            addBlock(tree, from: 0)
        } else if tree.depth == 4, let root = tree.question(0) {
            trees.append(
                Tree(layout: .sixteenLeaves, start: start, depth: 4, root: (column(root.source), root.threshold)))
            addBlock(tree, from: root.yes)
            addBlock(tree, from: root.no)
        } else {
            addDeep(tree)
        }
    }

    private mutating func column(_ source: Source) -> Int32 {
        if let known = columnOfSource[source] { return known }
        sources.append(source)
        columnOfSource[source] = Int32(sources.count - 1)
        return Int32(sources.count - 1)
    }

    private mutating func addBlock(_ tree: ParsedTree, from root: Int) {
        var level = [root]
        for depth in 0..<3 {
            var below: [Int] = []
            for node in level {
                guard let question = tree.question(node) else {
                    // A leaf above level 3: any question, the same leaf on both sides.
                    shallowColumns.append(column(Source(feature: 0, isNegated: false)))
                    shallowThresholds.append(0)
                    below += [node, node]
                    continue
                }
                shallowColumns.append(column(question.source))
                shallowThresholds.append(question.threshold)
                below += [question.yes, question.no]
            }
            level = below
            if depth == 2 { shallowLeaves.append(contentsOf: level.map { tree.conditions[$0] }) }
        }
    }

    private mutating func addDeep(_ tree: ParsedTree) {
        let start = nodes.count
        trees.append(Tree(layout: .walked, start: start, depth: tree.depth))
        nodes.append(Node(threshold: 0, column: 0, next: 0, value: 0))
        var waiting = [(node: 0, place: start)]
        var at = 0
        while at < waiting.count {
            let (node, place) = waiting[at]
            at += 1
            guard let question = tree.question(node) else {
                // Nothing is below minus infinity: every value, and NaN, goes to next + 1, the leaf itself.
                nodes[place] = Node(
                    threshold: -.infinity, column: column(Source(feature: 0, isNegated: false)), next: Int32(place - 1),
                    value: tree.conditions[node])
                continue
            }
            let next = nodes.count
            nodes[place] = Node(threshold: question.threshold, column: column(question.source), next: Int32(next), value: 0)
            nodes.append(contentsOf: repeatElement(Node(threshold: 0, column: 0, next: 0, value: 0), count: 2))
            waiting += [(question.yes, next), (question.no, next + 1)]
        }
    }
}
