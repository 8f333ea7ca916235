import Pipelines
import Records
import Testing

/// Rows of tables: when they hold, and when they cannot be read.
@Suite struct OfferTableTests {
    typealias Line = ShopFixture.Line

    private func batch(_ rows: [(item: String, stock: Double, known: Double)]) -> (batch: RecordBatch, times: Column) {
        let times = Column(type: .timestamp, integers: rows.map { Int64($0.known * Double(ShopFixture.day)) })
        let columns = [Column(strings: rows.map(\.item)), Column(doubles: rows.map(\.stock)), times]
        let schema = Schema([Field("item", .string), Field("stock", .float64), Field("counted", .timestamp)])
        return (RecordBatch(schema: schema, columns: columns, rowNumbers: rows.indices.map { Int64($0 + 1) }), times)
    }

    @Test("a row holds from its own time on, in whatever order the rows came, also from a stored state")
    func known() throws {
        func offers(_ rows: [(item: String, stock: Double, known: Double)], clock: Double, restored: Bool = false) throws -> [String] {
            var stage = try ShopFixture.stage()
            _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a"), Line("v", 1, "a"), Line("u", 1, "b")]))
            let table = batch(rows)
            #expect(try stage.absorb(table.batch, ofTable: "items", times: table.times) == [])
            if restored {
                let base = stage.base()
                stage = try ShopFixture.stage()
                try stage.restore(base: base, deltas: [])
            }
            return ShopFixture.offers(try ShopFixture.results(stage, clock: clock), to: "u")
        }
        for restored in [false, true] {
            // A count of day 9 is not known on day 5; a count of day 3 that comes last does not undo that of day 4.
            let rows = [("a", 5.0, 2.0), ("b", 5, 2), ("a", 0, 9), ("b", 0, 4), ("b", 7, 3)]
            #expect(try offers(rows, clock: 5, restored: restored) == ["a"])
            #expect(try offers(rows, clock: 3.5, restored: restored) == ["a", "b"])
            #expect(try offers([("a", 0, 9), ("a", 5, 2), ("b", 5, 2)], clock: 10, restored: restored) == ["b"])
        }
    }

    @Test("rows that cannot be read are refused with their column, and what would have limited offers limits them")
    func refused() throws {
        let stage = try ShopFixture.stage()
        _ = try stage.absorb(ShopFixture.input([Line("u", 1, "a"), Line("v", 1, "a"), Line("u", 1, "b")]))
        func refusals(_ names: [String], _ rows: [[String?]], _ feed: String) throws -> [String] {
            try ShopFixture.table(names, rows, to: stage, as: feed).map { "\($0.row) \($0.column ?? "") \($0.code.rawValue)" }
        }
        #expect(
            try refusals(["item", "stock"], [["a", "1"], [nil, "1"], ["", "2"], ["b", "nan"]], "items") == [
                "1 item missing", "2 item missing", "3 stock range",
            ])
        #expect(try refusals(["user", "age"], [["", "30"], ["u", "30"]], "users") == ["0 user missing"])
        #expect(try refusals(["alias", "item"], [["old", nil], ["x", "a"]], "aliases") == ["0 item missing"])
        #expect(try refusals(["user", "item", "time"], [["u", "", "1"]], "shown") == ["0 item missing"])
        #expect(
            try refusals(["segment", "most"], [["*", nil], ["x", "-1"], ["y", "2"]], "limits") == ["0 most range", "1 most range"])
        #expect(try refusals(["item", "action", "known"], [["b", "blokc", "1"]], "actions") == ["0 action unknown-value"])
        // The limit of everybody could not be read, so nobody is offered anything.
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 2), to: "u").isEmpty)
        try ShopFixture.table(["segment", "most"], [["*", "5"]], to: stage, as: "limits")
        #expect(try ShopFixture.offers(ShopFixture.results(stage, clock: 2), to: "u") == ["a"])
    }
}
