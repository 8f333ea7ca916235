import Connectors
import Crypto
package import GRDB
package import Models
public import Records

/// A version of a document as it is kept.
public struct StoredDocument: Hashable, Sendable {
    public var name: String
    /// From 1, by name.
    public var version: Int
    /// Where it comes from, for people.
    public var source: String
    public var validFrom: Timestamp
    /// Holds before this; nil = until further notice, or until a newer version begins.
    public var validTo: Timestamp?
    /// When it was added.
    public var known: Timestamp
    public var actor: String
    public var passages: Int
    /// SHA-256 of its text.
    public var digest: String
}

/// Documents in the warehouse that answers may rest on: policies, manuals, earlier cases.
public struct DocumentStore {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    // MARK: Adding

    /// Keeps a document, cut into passages, unless its newest version is the same.
    ///
    /// - Parameter keepsBegin: nobody named a begin: the newest version is the same if all else is, and it holds by then.
    /// - Returns: the version kept or found, and whether it is new.
    /// - Throws: an empty document; a name with characters that citations cannot have; an end before the begin; no FTS5.
    package func add(
        _ text: String, name: String, source: String, validFrom: Timestamp, validTo: Timestamp?, at time: Timestamp, actor: String,
        keepsBegin: Bool = false
    ) throws(Failure) -> (document: StoredDocument, isNew: Bool) {
        guard !name.isEmpty, name.utf8.count <= 200, !name.contains(where: { "[]#@\n".contains($0) }) else {
            throw .documentName(name)
        }
        guard validTo.map({ validFrom < $0 }) ?? true else { throw .documentDates(name) }
        let digest = SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let newest = try list(name: name).last
        if let newest, newest.digest == digest, newest.validFrom == validFrom || keepsBegin && newest.validFrom <= validFrom,
            newest.validTo == validTo, newest.source == source
        {
            return (newest, false)
        }
        let chunks = Passage.chunks(of: text, id: name, source: source, validFrom: validFrom, validTo: validTo)
        guard !chunks.isEmpty else { throw .documentEmpty(name) }
        let stored = StoredDocument(
            name: name, version: (newest?.version ?? 0) + 1, source: source, validFrom: validFrom, validTo: validTo, known: time,
            actor: actor,
            passages: chunks.count, digest: digest)
        try makeIndex()
        try database.worded {
            try database.runCached(
                """
                INSERT INTO pipeline_documents (name, version, source, digest, valid_from, valid_to, known, actor, passages)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    stored.name, stored.version, stored.source, digest, validFrom.microseconds, validTo?.microseconds, time.microseconds,
                    actor,
                    chunks.count,
                ])
            let document = database.lastInsertedRowID
            for (number, chunk) in chunks.enumerated() {
                let terms = SearchTerms.terms(of: chunk.text)
                try database.runCached(
                    "INSERT INTO pipeline_passages (document, number, text, terms) VALUES (?, ?, ?, ?)",
                    [document, number + 1, chunk.text, terms.count])
                try database.runCached(
                    "INSERT INTO pipeline_passage_terms (rowid, terms) VALUES (?, ?)",
                    [database.lastInsertedRowID, terms.map(Self.written).joined(separator: " ")])
            }
        }
        return (stored, true)
    }

    private func makeIndex() throws(Failure) {
        try database.worded {
            guard try Bool.fetchOne(database, sql: "SELECT sqlite_compileoption_used('ENABLE_FTS5')") ?? false else {
                throw Failure.noFullText()
            }
            try database.execute(sql: WarehouseSchema.passageIndex)
        }
    }

    private var hasIndex: Bool { get throws { try database.tableExists("pipeline_passage_terms") } }

    /// A term as the index has it.
    static func written(_ term: String) -> String { term.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    // MARK: Vectors

    /// Passages that a model has placed nowhere yet, in the order of their ids.
    package func passagesWithout(vectorsOf model: String, limit: Int) throws(Failure) -> [(id: Int64, text: String)] {
        try database.worded {
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, text FROM pipeline_passages
                        WHERE id NOT IN (SELECT passage FROM pipeline_passage_vectors WHERE model = ?) ORDER BY id LIMIT ?
                        """), arguments: [model, limit]
            ).map { (id: $0["id"], text: $0["text"]) }
        }
    }

    /// - Parameter vectors: row-major, of length 1.
    package func keep(_ vectors: [Float], of ids: [Int64], model: String) throws(Failure) {
        let width = ids.isEmpty ? 0 : vectors.count / ids.count
        try database.worded {
            for (row, id) in ids.enumerated() {
                let bytes = vectors[(row * width)..<((row + 1) * width)].flatMap { value in
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
                }
                try database.runCached(
                    "INSERT OR REPLACE INTO pipeline_passage_vectors (model, passage, dimensions, vector) VALUES (?, ?, ?, ?)",
                    [model, id, width, Blob(bytes)])
            }
        }
    }

    // MARK: Reading

    /// All versions, by name and version.
    package func list(name: String? = nil) throws(Failure) -> [StoredDocument] {
        try database.worded {
            try Row.fetchAll(
                database.cachedStatement(sql: "SELECT * FROM pipeline_documents WHERE name = ifnull(?, name) ORDER BY name, version"),
                arguments: [name]
            ).map { row in
                StoredDocument(
                    name: row["name"], version: row["version"], source: row["source"], validFrom: row.timestamp("valid_from"),
                    validTo: row.optionalTimestamp("valid_to"), known: row.timestamp("known"), actor: row["actor"],
                    passages: row["passages"],
                    digest: row["digest"])
            }
        }
    }

    /// Documents that hold at a time by what was known then: of each name the version that began last.
    private static let held = """
        SELECT id FROM (
            SELECT id, valid_to, row_number() OVER (PARTITION BY name ORDER BY valid_from DESC, version DESC) AS place
            FROM pipeline_documents WHERE known <= :time AND valid_from <= :time
        ) WHERE place = 1 AND (valid_to IS NULL OR :time < valid_to)
        """

    /// All passages that hold, as citable ones, in the order of documents and places in them.
    package func passages(asOf time: Timestamp) throws(Failure) -> [Passage] {
        try fetch("d.id IN (\(Self.held)) ORDER BY p.document, p.number", ["time": time.microseconds]).map(\.passage)
    }

    /// The best passages that held at a time, best first; empty = nothing was found, and a person answers.
    ///
    /// Words are found by FTS5 and ranked by BM25 (k1 = 1.2, b = 0.75) over what held then, so that a later document changes no earlier rank;
    /// vectors are compared exactly; both orders are joined by reciprocal rank fusion (k = 60).
    ///
    /// - Parameters:
    ///   - vector: of the question, of length 1, by `model`; nil = words only.
    ///   - least: share of the question's own terms that must stand in a passage, in 0...1.
    ///   - similarity: the least cosine of a passage that is found by its vector alone.
    package func search(
        _ question: String, asOf time: Timestamp, vector: [Float]? = nil, model: String = "", limit: Int = 3, least: Double = 0.3,
        similarity: Double = 0.5
    ) throws(Failure) -> [PassageHit] {
        let byWords = try words(question, asOf: time, least: least)
        var scores: [Int64: (score: Double, terms: [String])] = [:]
        if let vector {
            for (rank, hit) in byWords.prefix(200).enumerated() { scores[hit.id] = (1 / Double(61 + rank), hit.terms) }
            for (rank, hit) in try nearest(vector, model: model, asOf: time, similarity: similarity).enumerated() {
                scores[hit.id, default: (0, [])].score += 1 / Double(61 + rank)
            }
        } else {
            for hit in byWords { scores[hit.id] = (hit.score, hit.terms) }
        }
        let best = scores.sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }.prefix(max(limit, 1))
        var hits: [PassageHit] = []
        for (id, value) in best {
            guard let found = try fetch("p.id = :id", ["id": id]).first else { continue }
            hits.append(PassageHit(passage: found.passage, score: value.score, terms: value.terms))
        }
        return hits
    }

    private func words(
        _ question: String, asOf time: Timestamp, least: Double
    ) throws(Failure) -> [(id: Int64, score: Double, terms: [String])] {
        let asked = SearchTerms.asked(question)
        return try database.worded {
            guard !asked.isEmpty, try hasIndex else { return [] }
            let held = "FROM pipeline_passages p WHERE p.document IN (\(Self.held))"
            let totals = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) AS passages, total(terms) AS terms \(held)"),
                arguments: ["time": time.microseconds])
            let count: Double = Double((totals?["passages"] as Int?) ?? 0), sum: Double = totals?["terms"] ?? 0
            let mean = max(sum / max(count, 1), 1)
            var scores: [Int64: (score: Double, terms: [String])] = [:]
            for term in asked {
                let found = try Row.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT p.id, p.terms, i.hits FROM (
                                SELECT doc, count(*) AS hits FROM pipeline_passage_instances WHERE term = :term GROUP BY doc
                            ) i JOIN pipeline_passages p ON p.id = i.doc WHERE p.document IN (\(Self.held)) ORDER BY p.id
                            """), arguments: ["term": Self.written(term), "time": time.microseconds])
                for row in found {
                    let score = BM25.score(
                        hits: row["hits"], length: row["terms"], meanLength: mean, passages: count, with: Double(found.count))
                    scores[row["id"], default: (0, [])].score += score
                    scores[row["id"]]?.terms.append(term)
                }
            }
            return scores.filter { Double($0.value.terms.count) >= least * Double(asked.count) }
                .map { (id: $0.key, score: $0.value.score, terms: $0.value.terms) }
                .sorted { ($1.score, $0.id) < ($0.score, $1.id) }
        }
    }

    /// Read in blocks: a million vectors need not be in memory at once.
    private func nearest(
        _ vector: [Float], model: String, asOf time: Timestamp, similarity: Double
    ) throws(Failure) -> [NearestVectors.Hit] {
        try database.worded {
            var nearest = NearestVectors(to: vector, limit: 200, least: Float(similarity))
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT v.passage, v.vector FROM pipeline_passage_vectors v JOIN pipeline_passages p ON p.id = v.passage
                        WHERE v.model = :model AND v.dimensions = :width AND p.document IN (\(Self.held)) ORDER BY v.passage
                        """), arguments: ["model": model, "width": vector.count, "time": time.microseconds])
            var ids: [Int64] = [], values: [Float] = []
            while let row = try rows.next() {
                let blob: Blob = row["vector"]
                guard blob.bytes.count == 4 * vector.count else {
                    throw Failure.storedValue(
                        table: "pipeline_passage_vectors", column: "vector", found: "\(blob.bytes.count) bytes",
                        expected: "\(4 * vector.count)")
                }
                ids.append(row["passage"])
                blob.bytes.withUnsafeBytes { bytes in
                    for at in stride(from: 0, to: bytes.count, by: 4) {
                        values.append(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))))
                    }
                }
                if ids.count == 4_096 {
                    nearest.add(ids, values)
                    (ids, values) = ([], [])
                }
            }
            nearest.add(ids, values)
            return nearest.hits
        }
    }

    private func fetch(_ condition: String, _ arguments: StatementArguments) throws(Failure) -> [(id: Int64, passage: Passage)] {
        try database.worded {
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT p.id, p.number, p.text, d.name, d.version, d.source, d.valid_from, d.valid_to
                        FROM pipeline_passages p JOIN pipeline_documents d ON d.id = p.document WHERE \(condition)
                        """), arguments: arguments
            ).map { row in
                let name: String = row["name"], version: Int = row["version"], number: Int = row["number"]
                return (
                    id: row["id"],
                    passage: Passage(
                        id: "\(name)@\(version)#\(number)", source: row["source"], text: row["text"],
                        validFrom: row.timestamp("valid_from"),
                        validTo: row.optionalTimestamp("valid_to"))
                )
            }
        }
    }
}

extension Failure {
    static func documentName(_ name: String) -> Failure {
        Failure(
            .usage, code: "documents.name", what: "a document cannot have this name", found: "'\(name.prefix(80))'",
            expected: "1 to 200 bytes without [ ] # @", remedy: "Citations are written `name@version#passage`: choose another name.")
    }

    static func documentDates(_ name: String) -> Failure {
        Failure(
            .usage, code: "documents.dates", what: "a document ends before it begins", place: name, expected: "an end after the begin",
            remedy: "Change the dates.")
    }

    static func documentEmpty(_ name: String) -> Failure {
        Failure(
            .usage, code: "documents.empty", what: "a document holds no text", place: name, expected: "text in UTF-8",
            remedy: "Turn it into plain text first.")
    }

    static func noFullText() -> Failure {
        Failure(
            .failed, code: "documents.no-fts5", what: "this SQLite has no full-text search", found: "no ENABLE_FTS5",
            expected: "SQLite with FTS5", remedy: "Install the distribution's libsqlite3, which has it.")
    }
}
