import Records
import Testing

@Suite struct RecordBatchTests {
    @Test("a text column keeps texts and what is missing, over word ends of its validity bits")
    func strings() {
        let values = (0..<130).map { $0 % 3 == 0 ? nil : $0 % 3 == 1 ? "" : "é\($0)" }
        let column = Column(strings: values)
        #expect(
            column.count == 130 && (0..<130).map { column.string($0) } == values
                && (0..<130).map { column.isValid($0) } == values.map { $0 != nil })
        #expect(Column(strings: ["a", "b"]).validity.isEmpty && Column(strings: []).count == 0)
    }

    @Test("values of every type have a text, as an export writes them")
    func texts() throws {
        let euro = try #require(Currency("EUR"))
        #expect(Column(type: .int64, integers: [-7]).text(0) == "-7")
        #expect(Column(type: .bool, integers: [1, 0]).text(1) == "false")
        #expect(Column(type: .timestamp, integers: [1]).text(0) == "1970-01-01T00:00:00.000001Z")
        #expect(Column(type: .money(euro), integers: [-450]).text(0) == "-4.50")
        #expect(Column(type: .decimal(scale: 18), integers: [.min]).text(0) == "-9.223372036854775808")
        #expect(Column(type: .decimal(scale: 4), integers: [-5]).text(0) == "-0.0005")
        #expect(Column(type: .decimal(scale: 0), integers: [7]).text(0) == "7")
        #expect(Column(type: .date, integers: [-1]).text(0) == "1969-12-31")
        #expect(
            Column(doubles: [0.1, .nan], validity: [1]).text(0) == "0.1" && Column(doubles: [0.1, .nan], validity: [1]).text(1) == nil)
        #expect(Column(offsets: [0, 1, 3], bytes: Array("abc".utf8)).text(1) == "bc")
    }

    @Test("a batch finds its columns by name")
    func lookup() {
        let schema = Schema([Field("a", .int64), Field("b", .string, optional: true)])
        let batch = RecordBatch(
            schema: schema, columns: [Column(type: .int64, integers: [1, 2]), Column(strings: ["x", nil])], rowNumbers: [1, 3])
        #expect(
            batch.count == 2 && batch["b"]?.string(0) == "x" && batch["c"] == nil && schema.index(of: "b") == 1
                && schema["a"]?.type == .int64)
        #expect(ColumnType.names.contains(ColumnType.timestamp.name))
    }
}
