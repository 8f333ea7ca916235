/// Trees of at most seven questions, which are those up to depth 3: the contributions of all of a tree's leaves stand in a table by the
/// answers to its questions, so that a row costs an answer a question and one addition a feature.
struct AnsweredTrees: Sendable {
    private struct Question {
        var threshold: Float
        var feature: Int32
        var missingGoesLeft: Bool
    }

    private struct Tree {
        var firstQuestion: Int32
        var firstFeature: Int32
        var firstNumber: Int32
        var questions: UInt8
        var features: UInt8
    }

    private static let mostQuestions = 7

    private var trees: [Tree] = []
    private var questions: [Question] = []
    private var features: [Int32] = []
    /// Of each tree `features` numbers for each pattern of answers, where the bit of a question is 1 when it leads to the left.
    private var numbers: [Double] = []

    /// The nodes of a tree that ask, from the root; nil when they are more than have a table, or none, or the tree is a deep chain.
    static func questions(of tree: ParsedTree, deepest: Int) -> [Int]? {
        guard tree.depth <= deepest else { return nil }
        var (nodes, waiting): ([Int], [Int]) = ([], [0])
        while let node = waiting.popLast() {
            guard let split = tree.split(node) else { continue }
            nodes.append(node)
            guard nodes.count <= mostQuestions else { return nil }
            waiting += [split.right, split.left]
        }
        return nodes.isEmpty ? nil : nodes
    }

    typealias Split = (feature: Int32, threshold: Float, left: Int, right: Int, missingGoesLeft: Bool)

    /// - Parameters:
    ///   - features: all that the splits ask about and contribute, each once.
    ///   - contributions: calls its second argument with the parts of features, given the answers.
    mutating func add(
        _ splits: [Split?], features own: [Int32], contributions: (UInt8, (Int32, Double) -> Void) -> Void
    ) {
        let splits = splits.compactMap { $0 }
        trees.append(
            Tree(
                firstQuestion: Int32(questions.count), firstFeature: Int32(features.count), firstNumber: Int32(numbers.count),
                questions: UInt8(splits.count), features: UInt8(own.count)))
        questions += splits.map { Question(threshold: $0.threshold, feature: $0.feature, missingGoesLeft: $0.missingGoesLeft) }
        features += own
        for answers in 0..<(1 << splits.count) {
            var parts = [Double](repeating: 0, count: own.count)
            contributions(UInt8(answers)) { feature, part in
                if let place = own.firstIndex(of: feature) { parts[place] += part }
            }
            numbers += parts
        }
    }

    /// Adds each tree's contributions of a row to those of its features.
    func add(_ row: UnsafeBufferPointer<Float>, to sums: UnsafeMutableBufferPointer<Double>) {
        questions.withUnsafeBufferPointer { questions in
            features.withUnsafeBufferPointer { features in
                numbers.withUnsafeBufferPointer { numbers in
                    for tree in trees {
                        var answers = 0
                        for place in 0..<Int(tree.questions) {
                            let question = questions[Int(tree.firstQuestion) + place], value = row[Int(question.feature)]
                            let goesLeft = value < question.threshold || value.isNaN && question.missingGoesLeft
                            answers |= (goesLeft ? 1 : 0) << place
                        }
                        let own = Int(tree.features), start = Int(tree.firstNumber) + answers * own
                        for place in 0..<own { sums[Int(features[Int(tree.firstFeature) + place])] += numbers[start + place] }
                    }
                }
            }
        }
    }
}
