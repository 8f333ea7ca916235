import Connectors
import Foundation
import GRDB
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("documents kept") struct DocumentStoreTests {
    static let spring = Timestamp(.init(year: 2026, month: 4, day: 1)), summer = Timestamp(.init(year: 2026, month: 7, day: 1))
    static let autumn = Timestamp(.init(year: 2026, month: 10, day: 1))

    private func withStore(_ body: (Warehouse) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("documents-\(UUID().uuidString).db").path
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let warehouse = try Warehouse(path: path)
        defer { warehouse.close() }
        try body(warehouse)
    }

    @discardableResult private func add(
        _ text: String, _ name: String, from: Timestamp = spring, to: Timestamp? = nil, at time: Timestamp = spring, _ warehouse: Warehouse
    ) throws -> Bool {
        try warehouse.write(durable: true) {
            try DocumentStore($0).add(text, name: name, source: "s", validFrom: from, validTo: to, at: time, actor: "ann").isNew
        }
    }

    private func found(
        _ question: String, asOf time: Timestamp = summer, vector: [Float]? = nil, _ warehouse: Warehouse
    ) throws -> [String] {
        try warehouse.read { try DocumentStore($0).search(question, asOf: time, vector: vector, model: "m:2") }.map(\.passage.id)
    }

    private func fill(_ warehouse: Warehouse) throws {
        try add("Goods can be returned within 30 days.\n\nRefunds take five working days.", "returns", warehouse)
        try add("商品到着後七日以内であれば返品できます。送料はお客様負担です。", "返品規定", warehouse)
        try add("A lost card is blocked in the app.", "cards", warehouse)
    }

    @Test("what holds already is not kept again where no begin is named; with another begin it is a new version")
    func unchanged() throws {
        try withStore { warehouse in
            func isNew(from begin: Timestamp, keepsBegin: Bool) throws -> Bool {
                try warehouse.write(durable: true) {
                    try DocumentStore($0).add(
                        "Goods can be returned.", name: "returns", source: "s", validFrom: begin, validTo: nil, at: begin, actor: "ann",
                        keepsBegin: keepsBegin
                    ).isNew
                }
            }
            let found = [
                try isNew(from: Self.spring, keepsBegin: true), try isNew(from: Self.summer, keepsBegin: true),
                try isNew(from: Self.summer, keepsBegin: false),
            ]
            #expect(found == [true, false, true])
        }
    }

    @Test("this SQLite has FTS5, and a question finds the passage that answers it, with its citation")
    func finds() throws {
        try withStore { warehouse in
            try fill(warehouse)
            #expect(try found("How long does a refund take?", warehouse) == ["returns@1#2"])
            #expect(try found("I lost my card", warehouse) == ["cards@1#1"])
            let sql = try warehouse.read {
                try String.fetchOne($0, sql: "SELECT sql FROM sqlite_master WHERE name = 'pipeline_passage_terms'") ?? ""
            }
            #expect(sql.contains("fts5"))
        }
    }

    @Test(
        "a word of two characters inside a Japanese sentence is found; SQLite's own tokenizers find none",
        arguments: ["返品", "送料", "商品", "負担"])
    func twoCharacters(_ word: String) throws {
        try withStore { warehouse in
            try fill(warehouse)
            #expect(try found(word, warehouse) == ["返品規定@1#1"])
            let stock = try warehouse.write(durable: false) { database in
                try ["unicode61", "trigram"].map { tokenizer in
                    try database.execute(sql: "CREATE VIRTUAL TABLE temp.stock USING fts5 (text, tokenize = '\(tokenizer)')")
                    try database.execute(sql: "INSERT INTO stock SELECT text FROM pipeline_passages")
                    defer { try? database.execute(sql: "DROP TABLE stock") }
                    return try Int.fetchOne(database, sql: "SELECT count(*) FROM stock WHERE stock MATCH ?", arguments: ["\"\(word)\""])
                }
            }
            #expect(stock == [0, 0])
        }
    }

    @Test("ranks are those of BM25 in memory, for every question")
    func sameAsMemory() throws {
        try withStore { warehouse in
            try fill(warehouse)
            let memory = PassageIndex(try warehouse.read { try DocumentStore($0).passages(asOf: Self.summer) })
            for question in ["goods returned", "days", "card app blocked", "返品できます", "送料 days", "' OR 1=1 --", "\"*\" NEAR("] {
                let hits = try warehouse.read { try DocumentStore($0).search(question, asOf: Self.summer) }
                let expected = memory.search(question, asOf: Self.summer)
                #expect(hits.map(\.passage) == expected.map(\.passage), "\(question)")
                #expect(zip(hits, expected).allSatisfy { abs($0.score - $1.score) < 1e-9 }, "\(question)")
            }
        }
    }

    @Test("a newer version takes the older's place from its first day, for those who ask when it was known; it changes no earlier rank")
    func versions() throws {
        try withStore { warehouse in
            try fill(warehouse)
            let before = try warehouse.read { try DocumentStore($0).search("days", asOf: Self.summer) }
            // Known in autumn, and said to hold since June: in July nobody knew.
            let june = Timestamp(.init(year: 2026, month: 6, day: 1))
            let text = "Goods can be returned within 14 days. Many days, days and days."
            let first = try add(text, "returns", from: june, at: Self.autumn, warehouse)
            let second = try add(text, "returns", from: june, at: Self.autumn, warehouse)
            #expect(first && !second)
            #expect(try warehouse.read { try DocumentStore($0).search("days", asOf: Self.summer) } == before)
            #expect(try found("goods returned", asOf: Self.autumn, warehouse) == ["returns@2#1"])
            #expect(try found("refunds", asOf: Self.autumn, warehouse) == [])
            #expect(try warehouse.read { try DocumentStore($0).list(name: "returns") }.map(\.version) == [1, 2])
        }
    }

    @Test("an end is kept to, and so is a begin in the future")
    func dates() throws {
        try withStore { warehouse in
            try add("The summer sale ends soon.", "sale", from: Self.spring, to: Self.summer, warehouse)
            let eve = Timestamp(microseconds: Self.summer.microseconds - 1)
            #expect(try found("summer sale", asOf: eve, warehouse) == ["sale@1#1"])
            #expect(try found("summer sale", asOf: Self.summer, warehouse) == [])
            #expect(try found("summer sale", asOf: Timestamp(microseconds: Self.spring.microseconds - 1), warehouse) == [])
        }
    }

    @Test("nothing found is nothing, also before the first document", arguments: ["Who won the cup?", "", "the of and", "天気"])
    func nothing(_ question: String) throws {
        try withStore { warehouse in
            #expect(try found(question, warehouse) == [])
            try fill(warehouse)
            #expect(try found(question, warehouse) == [])
            // A vector that is near nothing finds nothing either.
            try place(warehouse)
            #expect(try found(question, vector: [0, -1], warehouse) == [])
        }
    }

    private func place(_ warehouse: Warehouse) throws {
        let rest = try warehouse.read { try DocumentStore($0).passagesWithout(vectorsOf: "m:2", limit: 10) }
        let vectors: [Float] = [1, 0, 0.6, 0.8, 0, 1, 0.8, 0.6]
        try warehouse.write(durable: true) {
            try DocumentStore($0).keep(Array(vectors.prefix(rest.count * 2)), of: rest.map(\.id), model: "m:2")
        }
        #expect(try warehouse.read { try DocumentStore($0).passagesWithout(vectorsOf: "m:2", limit: 10) }.isEmpty)
    }

    @Test("vectors find what shares no word, both orders are joined, and vectors of another model are not compared")
    func hybrid() throws {
        try withStore { warehouse in
            try fill(warehouse)
            try place(warehouse)
            #expect(try found("money", vector: [1, 0], warehouse).first == "returns@1#1")
            #expect(try found("lost card", vector: [0.8, 0.6], warehouse).first == "cards@1#1")
            let other = try warehouse.read { try DocumentStore($0).search("money", asOf: Self.summer, vector: [1, 0], model: "n:2") }
            #expect(other == [])
        }
    }

    @Test("what cannot be kept is refused: no text, a name that citations cannot have, an end before the begin")
    func refused() throws {
        try withStore { warehouse in
            for (text, name) in [("", "a"), (" \n\n ", "a"), ("text", ""), ("text", "a#1"), ("text", "a]b")] {
                #expect(throws: Failure.self) { try add(text, name, warehouse) }
            }
            #expect(throws: Failure.self) { try add("text", "a", from: Self.summer, to: Self.spring, warehouse) }
            let kept = try warehouse.read { try DocumentStore($0).list() }
            #expect(kept.isEmpty)
        }
    }
}

@Suite struct NearestVectorsTests {
    @Test("the nearest are those of sorting all, in blocks of any size", arguments: [1, 7, 500])
    func exact(_ block: Int) {
        var random = SeededGenerator(seed: 4)
        func unit() -> [Float] {
            let values = (0..<16).map { _ in Float.random(in: -1...1, using: &random) }
            let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return values.map { $0 / length }
        }
        let query = unit(), rows = (0..<500).map { _ in unit() }
        var nearest = NearestVectors(to: query, limit: 10, least: 0)
        for start in stride(from: 0, to: 500, by: block) {
            let end = min(start + block, 500)
            nearest.add((start..<end).map(Int64.init), Array(rows[start..<end].joined()))
        }
        let sorted = rows.enumerated().map { row in (zip(row.element, query).reduce(Float(0)) { $0 + $1.0 * $1.1 }, Int64(row.offset)) }
            .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        #expect(nearest.hits.map(\.id) == sorted.prefix(10).map(\.1))
    }
}
