import CInline

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is trained: views of the text, and linear machines that each look at some of them.
struct TextSettings: Hashable, Sendable, Codable {
    var views: [TextView]
    /// Places in `views` that each machine looks at; the first machine looks at all.
    var members: [[Int]]
    /// Cost of each machine.
    var costs: [Double]
    /// Classes count alike however many rows they have, to this power: 0 = not at all, 1 = wholly.
    var balance: Double

    /// The first machine looks at an encoder's vectors too, and one more looks at nothing else.
    mutating func look(atMeanings dimensions: Int) {
        // As long beside the other views as they are together, so that neither drowns the other.
        views.append(TextView(.meaning, dimensions...dimensions, weight: 2))
        members[0].append(views.count - 1)
        members.append([views.count - 1])
        costs.append(costs[0])
    }
}

/// Linear machines over one vocabulary. Weights are kept in 8 bits with a scale for each n-gram: a tenth of a percent of a margin, and a
/// quarter of the memory, which is what scoring waits for.
struct TextEnsemble: Sendable {
    struct Member: Sendable {
        /// Places in the vocabulary's views.
        var views: [Int]
        /// `stride` a gram.
        var weights: [Int8]
        var scales: [Float]
        /// `stride` numbers.
        var intercepts: [Float]
    }

    let vocabulary: TextVocabulary
    let classCount: Int
    let members: [Member]

    /// Classes a row of weights, rounded up so that rows begin at multiples of 16.
    static func stride(_ classCount: Int) -> Int { (classCount + 15) / 16 * 16 }

    init(vocabulary: TextVocabulary, classCount: Int, members: [Member]) {
        (self.vocabulary, self.classCount, self.members) = (vocabulary, classCount, members)
    }

    /// - Parameter set: every class at least once.
    init(_ set: TextSet, settings: TextSettings, seed: UInt64, threads: Int) {
        let (classCount, labels) = (set.classes.count, set.labels)
        let vocabulary = TextVocabulary(views: settings.views, texts: set.texts)
        var vector = TextVector(vocabulary)
        var rows = [SparseRows](repeating: SparseRows(), count: settings.members.count)
        for (index, text) in set.texts.enumerated() {
            vector.read(text, vocabulary, meaning: set.meanings.isEmpty ? [] : set.meanings[index])
            for (member, views) in settings.members.enumerated() {
                var (places, values): ([Int32], [Float]) = ([], [])
                for view in views {
                    let range = (view == 0 ? 0 : vector.ends[view - 1])..<vector.ends[view]
                    places += vector.places[range]
                    values += vector.values[range]
                }
                rows[member].append(places: places, values: values)
            }
        }
        let importance = Self.importance(labels, set.weights, classCount: classCount, power: settings.balance)
        var members: [Member] = []
        for (index, views) in settings.members.enumerated() {
            members.append(
                Self.member(
                    rows[index], views: views, columns: vocabulary.count, labels: labels, importance: importance, classCount: classCount,
                    cost: settings.costs[index], seed: seed &+ UInt64(index), threads: threads))
        }
        self.init(vocabulary: vocabulary, classCount: classCount, members: members)
    }

    private static func importance(_ labels: [Int], _ weights: [Float], classCount: Int, power: Double) -> [Float] {
        var counts = [Double](repeating: 0, count: classCount)
        for (row, label) in labels.enumerated() { counts[label] += weights.isEmpty ? 1 : Double(weights[row]) }
        let mean = counts.reduce(0, +) / Double(classCount)
        return labels.enumerated().map { row, label in
            Float(pow(mean / counts[label], power)) * (weights.isEmpty ? 1 : weights[row])
        }
    }

    private static func member(
        _ rows: SparseRows, views: [Int], columns: Int, labels: [Int], importance: [Float], classCount: Int, cost: Double, seed: UInt64,
        threads: Int
    ) -> Member {
        let stride = stride(classCount)
        let settings = LinearMachine.Settings(cost: cost)
        var all = [Float](repeating: 0, count: columns * stride)
        var intercepts = [Float](repeating: 0, count: stride)
        all.withUnsafeMutableBufferPointer { all in
            intercepts.withUnsafeMutableBufferPointer { intercepts in
                guard let weightBase = all.baseAddress, let interceptBase = intercepts.baseAddress else { return }
                let (sharedWeights, sharedIntercepts) = (SharedPointer(weightBase), SharedPointer(interceptBase))
                FixedBlocks.run(classCount, threads: threads) { label, _ in
                    let own = LinearMachine.weights(
                        of: rows, columns: columns, isPositive: labels.map { $0 == label }, importance: importance, settings: settings,
                        seed: seed &+ UInt64(label) &* 7919)
                    for place in 0..<columns { sharedWeights[place * stride + label] = own[place] }
                    sharedIntercepts[label] = own[columns]
                }
            }
        }
        return Member(views: views, all, intercepts: intercepts, stride: stride)
    }

    /// Margins of a text by one machine, `stride` numbers.
    @inline(__always)
    func margins(_ vector: TextVector, member index: Int, into sums: UnsafeMutablePointer<Float>) {
        let member = members[index]
        let stride = Self.stride(classCount)
        for place in 0..<stride { sums[place] = member.intercepts[place] }
        vector.places.withUnsafeBufferPointer { places in
            vector.values.withUnsafeBufferPointer { values in
                guard let places = places.baseAddress, let values = values.baseAddress else { return }
                for view in member.views {
                    let start = view == 0 ? 0 : vector.ends[view - 1]
                    textMargins(
                        member.weights, member.scales, stride, places + start, values + start, vector.ends[view] - start, sums)
                }
            }
        }
    }
}

extension TextEnsemble.Member {
    /// From whole numbers: each gram's largest weight becomes 127.
    init(views: [Int], _ all: [Float], intercepts: [Float], stride: Int) {
        let count = all.count / stride
        var weights = [Int8](repeating: 0, count: all.count)
        var scales = [Float](repeating: 0, count: count)
        for place in 0..<count {
            var largest: Float = 0
            for index in 0..<stride { largest = max(largest, all[place * stride + index].magnitude) }
            guard largest > 0 else { continue }
            scales[place] = largest / 127
            for index in 0..<stride { weights[place * stride + index] = Int8((all[place * stride + index] / largest * 127).rounded()) }
        }
        self.init(views: views, weights: weights, scales: scales, intercepts: intercepts)
    }
}
