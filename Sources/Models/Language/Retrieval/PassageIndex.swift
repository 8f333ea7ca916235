public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How much a term says for a passage (S. Robertson, H. Zaragoza, 2009, k1 = 1.2, b = 0.75).
public enum BM25 {
    /// - Parameters:
    ///   - hits: of the term in the passage.
    ///   - length: of the passage, in terms.
    ///   - passages: all that are searched, of which `with` hold the term.
    public static func score(hits: Int, length: Int, meanLength: Double, passages: Double, with found: Double) -> Double {
        let rarity = log(1 + (passages - found + 0.5) / (found + 0.5))
        let norm = 1.2 * (0.25 + 0.75 * Double(length) / meanLength)
        return rarity * Double(hits) * 2.2 / (Double(hits) + norm)
    }
}

/// A passage that was found, and why.
public struct PassageHit: Hashable, Sendable {
    public var passage: Passage
    /// BM25 where words alone were asked, else the reciprocal ranks added up; higher is better, no probability.
    public var score: Double
    /// Terms of the question that stand in the passage.
    public var terms: [String]

    public init(passage: Passage, score: Double, terms: [String]) { (self.passage, self.score, self.terms) = (passage, score, terms) }
}

/// Passages in memory, found by words (BM25; S. Robertson, H. Zaragoza, 2009, k1 = 1.2, b = 0.75), by vectors of any `Embedder`, or by both
/// with ranks joined by reciprocal rank fusion (G. Cormack et al., SIGIR 2009, k = 60). The vectors are searched exactly.
///
/// Nothing found is an empty answer: the caller then asks a person, and invents nothing.
public struct PassageIndex: Sendable {
    public let passages: [Passage]
    private let postings: [String: [(passage: Int, count: Int)]]
    /// Places in `lists` of the terms of ASCII; of each the passages with it, in order.
    private let plain: PlainWordTable
    private let lists: [[(passage: Int, count: Int)]]
    private let lengths: [Int]
    private let meanLength: Double
    /// `dimensions` a passage, of length 1; empty = words only.
    private let vectors: [Float]

    /// - Parameter vectors: row-major, as many a passage as the embedder has dimensions; empty = words only.
    /// - Precondition: as many rows of vectors as passages, or none.
    public init(_ passages: [Passage], vectors: [Float] = []) {
        precondition(vectors.isEmpty || !passages.isEmpty && vectors.count % passages.count == 0)
        var postings: [String: [(passage: Int, count: Int)]] = [:]
        var lengths: [Int] = []
        for (index, passage) in passages.enumerated() {
            let terms = SearchTerms.terms(of: passage.text)
            lengths.append(terms.count)
            var counts: [String: Int] = [:]
            for term in terms { counts[term, default: 0] += 1 }
            for (term, count) in counts { postings[term, default: []].append((index, count)) }
        }
        let terms = postings.keys.sorted()
        plain = PlainWordTable(terms.enumerated().map { (word: $0.element, value: UInt32($0.offset)) })
        lists = terms.map { postings[$0] ?? [] }
        (self.passages, self.postings, self.lengths, self.vectors) = (passages, postings, lengths, vectors)
        meanLength = max(Double(lengths.reduce(0, +)) / Double(max(lengths.count, 1)), 1)
    }

    /// The best passages that held at `time`, best first; of equal ones the earlier in the index.
    ///
    /// - Parameters:
    ///   - vector: of the question, by the embedder of the passages; nil = words only.
    ///   - least: share of the question's own terms (without the commonest words) that must stand in a passage, in 0...1.
    public func search(
        _ question: String, asOf time: Timestamp, vector: [Float]? = nil, limit: Int = 3, least: Double = 0.3
    ) -> [PassageHit] {
        guard let vector, !vectors.isEmpty else {
            if let asked = SearchTerms.plainAsked(question) { return plainWords(asked, asOf: time, least: least, limit: limit) }
            return Array(words(question, asOf: time, least: least).prefix(limit))
        }
        let byWords = words(question, asOf: time, least: least)
        var scores: [Int: (score: Double, terms: [String])] = [:]
        for (rank, hit) in byWords.enumerated() {
            if let index = places[hit.passage.id] { scores[index] = (1 / Double(61 + rank), hit.terms) }
        }
        for (rank, index) in nearest(vector, asOf: time).enumerated() {
            scores[index, default: (0, [])].score += 1 / Double(61 + rank)
        }
        let order = scores.sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }
        return order.prefix(limit).map { PassageHit(passage: passages[$0.key], score: $0.value.score, terms: $0.value.terms) }
    }

    private var places: [String: Int] { Dictionary(passages.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first }) }

    /// Places in `passages` of what ``search(_:asOf:vector:limit:least:)`` finds by words, and no more about them.
    package func places(of question: String, asOf time: Timestamp, limit: Int, least: Double = 0.3) -> [Int] {
        guard let asked = SearchTerms.plainAsked(question) else {
            let byPassage = places
            return words(question, asOf: time, least: least).prefix(limit).compactMap { byPassage[$0.passage.id] }
        }
        return Array(ranked(asked, asOf: time, least: least).places.prefix(limit))
    }

    /// What ``words(_:asOf:least:)`` finds first, for terms that need no text.
    private func plainWords(_ asked: [PlainWord], asOf time: Timestamp, least: Double, limit: Int) -> [PassageHit] {
        let (places, scores) = ranked(asked, asOf: time, least: least)
        let found = asked.compactMap { term in plain.value(of: term).map { (term: term, list: lists[Int($0)]) } }
        return places.prefix(limit).map { passage in
            let terms = found.filter { $0.list.contains { $0.passage == passage } }.map(\.term.text)
            return PassageHit(passage: passages[passage], score: scores[passage], terms: terms)
        }
    }

    /// Places best first, and the scores of all.
    private func ranked(_ asked: [PlainWord], asOf time: Timestamp, least: Double) -> (places: [Int], scores: [Double]) {
        var (scores, hits) = ([Double](repeating: 0, count: passages.count), [Int](repeating: 0, count: passages.count))
        let isHeld = passages.map { $0.holds(at: time) }
        let held = isHeld.count { $0 }
        var touched: [Int] = []
        for term in asked {
            guard let place = plain.value(of: term) else { continue }
            let list = lists[Int(place)]
            // Counts of what held then: a passage of the future must not change the ranks of the past.
            let with = list.count { isHeld[$0.passage] }
            for (passage, count) in list where isHeld[passage] {
                scores[passage] += BM25.score(
                    hits: count, length: lengths[passage], meanLength: meanLength, passages: Double(held), with: Double(with))
                if hits[passage] == 0 { touched.append(passage) }
                hits[passage] += 1
            }
        }
        let kept = touched.filter { Double(hits[$0]) >= least * Double(asked.count) }
        return (kept.sorted { (scores[$1], $0) < (scores[$0], $1) }, scores)
    }

    /// The same for a question of any script, all of them.
    package func words(_ question: String, asOf time: Timestamp, least: Double) -> [PassageHit] {
        let asked = SearchTerms.asked(question)
        guard !asked.isEmpty else { return [] }
        var scores: [Int: (score: Double, terms: [String])] = [:]
        let held = passages.indices.filter { passages[$0].holds(at: time) }
        let isHeld = Set(held)
        for term in asked {
            // Counts of what held then: a passage of the future must not change the ranks of the past.
            let found = (postings[term] ?? []).filter { isHeld.contains($0.passage) }
            for (passage, count) in found {
                scores[passage, default: (0, [])].score += BM25.score(
                    hits: count, length: lengths[passage], meanLength: meanLength, passages: Double(held.count), with: Double(found.count))
                scores[passage]?.terms.append(term)
            }
        }
        return scores.filter { Double($0.value.terms.count) >= least * Double(asked.count) }
            .sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }
            .map { PassageHit(passage: passages[$0.key], score: $0.value.score, terms: $0.value.terms) }
    }

    /// Passages by falling inner product with a vector.
    private func nearest(_ vector: [Float], asOf time: Timestamp) -> [Int] {
        let width = vectors.count / passages.count
        guard vector.count == width else { return [] }
        let scored = passages.indices.filter { passages[$0].holds(at: time) }.map { index in
            (index, (0..<width).reduce(Float(0)) { $0 + vectors[index * width + $1] * vector[$1] })
        }
        return scored.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
    }
}
