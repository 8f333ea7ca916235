import Connectors
import Records
import Testing

/// Reads one text after another as values of one column; a row each, faults give no row.
private func read(_ texts: [String?], _ column: FeedColumn) throws -> (values: [String?], faults: [ValueFault]) {
    let builder = try BatchBuilder(columns: [column], capacity: texts.count)
    var faults: [ValueFault] = []
    for (row, text) in texts.enumerated() {
        let fault = text.map { text in Array(text.utf8).withUnsafeBufferPointer { builder.set(0, $0) } } ?? builder.setMissing(0)
        faults.append(fault)
        if fault == .none { builder.commitRow(number: Int64(row + 1)) }
    }
    let batch = builder.finish()
    return ((0..<batch.count).map { batch.columns[0].text($0) }, faults)
}

private func value(_ text: String, _ type: ColumnType, format: String? = nil, zone: String? = nil) throws -> String? {
    let read = try read([text], FeedColumn(field: Field("c", type), source: "c", format: format, zone: zone))
    return read.faults[0] == .none ? read.values[0] : "\(read.faults[0])"
}

@Suite struct BatchBuilderTests {
    private let euro: ColumnType

    init() throws { euro = .money(try #require(Currency("EUR"))) }

    @Test(
        "integers are read up to both ends of 64 bits and no further",
        arguments: [
            ("0", "0"), ("-0", "0"), ("+7", "7"), ("1234", "1234"), ("12345678", "12345678"), ("123456789", "123456789"),
            ("-12345678", "-12345678"),
            ("000000000000000000000042", "42"), ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "range"),
            ("-9223372036854775808", "-9223372036854775808"), ("-9223372036854775809", "range"), ("99999999999999999999999", "range"),
            (" 12 ", "12"), ("\t12\r\n", "12"), ("1 2", "type"), ("12.0", "type"), ("1e3", "type"), ("-", "type"), ("+", "type"),
            ("--1", "type"),
            ("12a", "type"), ("1234567/", "type"), ("1234567:", "type"), ("１２", "type"), ("0x10", "type"),
        ])
    func integers(_ text: String, _ expected: String) throws { #expect(try value(text, .int64) == expected) }

    @Test(
        "numbers are read as Swift reads them; names and hexadecimal are not numbers",
        arguments: [
            "0", "-0", "1.5", "-1.5", "+2.25", ".5", "5.", "285.79999999999995", "9007199254740993", "1e22", "1E-7",
            "1.7976931348623157e308",
            "4.9e-324", "1e-400", "123456789012345678901234567890", "0.1234567890123456789012345678901234567890", "3.141592653589793",
            "100000000000000000000000.5", "2.2250738585072011e-308", "8.41e+21", "0.000001",
        ])
    func doubles(_ text: String) throws {
        let expected = try #require(Double(text.hasPrefix("+") ? String(text.dropFirst()) : text.hasSuffix(".") ? text + "0" : text))
        let read = try BatchBuilder(columns: [FeedColumn(field: Field("c", .float64), source: "c")], capacity: 1)
        #expect(Array(text.utf8).withUnsafeBufferPointer { read.set(0, $0) } == .none)
        read.commitRow(number: 1)
        #expect(read.finish().columns[0].doubles[0].bitPattern == expected.bitPattern)
    }

    @Test(
        "what is no number is refused",
        arguments: [
            ("nan", "type"), ("NaN", "type"), ("inf", "type"), ("-Infinity", "type"), ("0x1p3", "type"), ("1e", "type"), ("1e+", "type"),
            (".", "type"),
            ("-.", "type"), ("1,5", "type"), ("1.5.2", "type"), ("1e5x", "type"), ("e5", "type"), ("1e999", "range"), ("-1e999", "range"),
        ])
    func notDoubles(_ text: String, _ expected: String) throws { #expect(try value(text, .float64) == expected) }

    @Test(
        "truth values are read in any case",
        arguments: [
            ("true", "true"), ("TRUE", "true"), ("True", "true"), ("1", "true"), ("yes", "true"), ("YES", "true"), ("t", "true"),
            ("T", "true"),
            ("false", "false"), ("False", "false"), ("0", "false"), ("no", "false"), ("No", "false"), ("f", "false"), ("F", "false"),
            ("y", "type"), ("2", "type"), ("truee", "type"), ("falsefalse", "type"), ("\u{11}", "type"), ("10", "type"), ("on", "type"),
        ])
    func truth(_ text: String, _ expected: String) throws { #expect(try value(text, .bool) == expected) }

    @Test(
        "amounts are exact, and have no more decimals than their currency unless zeros",
        arguments: [
            ("EUR", "18.71", "18.71"), ("EUR", "18.7", "18.70"), ("EUR", "18", "18.00"), ("EUR", "-0.05", "-0.05"),
            ("EUR", "+1.10", "1.10"),
            ("EUR", "18.7100", "18.71"), ("EUR", "18.711", "decimals"), ("EUR", "18.", "type"), ("EUR", ".50", "type"),
            ("EUR", "1,50", "type"),
            ("EUR", "1e2", "type"), ("EUR", "-", "type"), ("EUR", "12 EUR", "type"),
            ("EUR", "92233720368547758.07", "92233720368547758.07"), ("EUR", "92233720368547758.08", "range"),
            ("EUR", "-92233720368547758.08", "-92233720368547758.08"), ("EUR", "-92233720368547758.09", "range"),
            ("EUR", "9999999999999999", "9999999999999999.00"), ("EUR", "0000000000000000000001.5", "1.50"),
            ("EUR", "0.00000000000000000000", "0.00"),
            ("EUR", "1234567890123456789", "range"), ("EUR", "12345678901234567.891", "decimals"),
            ("JPY", "1200", "1200"), ("JPY", "1200.00", "1200"), ("JPY", "1200.5", "decimals"),
            ("JPY", "9223372036854775807", "9223372036854775807"),
            ("BHD", "1.234", "1.234"), ("BHD", "9999999999999999", "range"), ("BHD", "1.2345", "decimals"),
        ])
    func money(_ currency: String, _ text: String, _ expected: String) throws {
        #expect(try value(text, .money(#require(Currency(currency)))) == expected)
    }

    @Test("texts must be UTF-8, at every length and place")
    func texts() throws {
        let bad: [[UInt8]] = [
            [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xFF],
        ]
        let column = FeedColumn(field: Field("c", .string), source: "c")
        for length in 1...20 {
            for at in 0..<length {
                let good = String(repeating: "x", count: at) + "é€😀" + String(repeating: "y", count: length - at)
                #expect(try value(good, .string) == good)
                for sequence in bad {
                    let bytes = Array(repeating: UInt8(120), count: at) + sequence + Array(repeating: UInt8(121), count: length - at)
                    let builder = try BatchBuilder(columns: [column], capacity: 1)
                    #expect(bytes.withUnsafeBufferPointer { builder.set(0, $0) } == .encoding)
                }
            }
        }
        #expect(try value(" kept ", .string) == " kept ")
    }

    @Test("a missing value is the empty text, a null marker or no field; the column decides whether it may be")
    func missing() throws {
        let optional = FeedColumn(field: Field("c", .int64, optional: true), source: "c", nulls: ["NA", "-"])
        let read = try read(["", "1", "NA", nil, "-", "  ", "2", "N", "x"], optional)
        #expect(read.values == [nil, "1", nil, nil, nil, nil, "2"])
        #expect(read.faults.suffix(2) == [.type, .type])
        let required = FeedColumn(field: Field("c", .int64), source: "c", nulls: ["NA"])
        #expect(try self.faults(["", "NA", nil, "3"], required) == [.missing, .missing, .missing, .none])
        for type in [ColumnType.string, .float64, .bool, .timestamp, euro] {
            let column = FeedColumn(field: Field("c", type, optional: true), source: "c", nulls: ["NULL"])
            #expect(try values(["", "NULL"], column) == [nil, nil])
        }
    }

    private func faults(_ texts: [String?], _ column: FeedColumn) throws -> [ValueFault] { try read(texts, column).faults }
    private func values(_ texts: [String?], _ column: FeedColumn) throws -> [String?] { try read(texts, column).values }

    @Test("a row given up leaves no trace, whichever column had the fault")
    func rollback() throws {
        let columns = [
            FeedColumn(field: Field("s", .string, optional: true), source: "s"),
            FeedColumn(field: Field("i", .int64, optional: true), source: "i"),
            FeedColumn(field: Field("t", .string), source: "t"),
        ]
        let builder = try BatchBuilder(columns: columns, capacity: 200)
        func set(_ column: Int, _ text: String) -> ValueFault { Array(text.utf8).withUnsafeBufferPointer { builder.set(column, $0) } }
        for block in 0..<2 {
            for row in 0..<130 {
                // Missing and present swap between the row given up and the row kept.
                _ = (set(0, row % 2 == 0 ? "" : "lost and long"), set(1, row % 3 == 0 ? "" : "-1"), set(2, ""))
                #expect(set(0, row % 2 == 1 ? "" : "a\(row)") == .none)
                #expect(set(1, row % 3 == 1 ? "" : "\(row)") == .none)
                #expect(set(2, "t\(row)") == .none)
                builder.commitRow(number: Int64(row + 1))
            }
            _ = (set(0, ""), set(1, ""), set(2, ""))
            let batch = builder.finish()
            #expect(batch.count == 130 && batch.rowNumbers == Array(1...130), "block \(block)")
            for row in 0..<130 {
                #expect(batch.columns[0].text(row) == (row % 2 == 1 ? nil : "a\(row)"))
                #expect(batch.columns[1].text(row) == (row % 3 == 1 ? nil : "\(row)"))
                #expect(batch.columns[2].text(row) == "t\(row)")
            }
            #expect(batch.columns[2].validity.isEmpty)
        }
        #expect(builder.finish().count == 0)
    }

    @Test("a reject shows what stood there and what was expected, but nothing personal")
    func rejects() throws {
        let columns = [
            FeedColumn(field: Field("amount", euro), source: "a"), FeedColumn(field: Field("name", .int64, personal: true), source: "n"),
            FeedColumn(field: Field("time", .timestamp), source: "t", format: "dd.MM.yyyy HH:mm"),
            FeedColumn(field: Field("s", .string), source: "s"),
        ]
        let builder = try BatchBuilder(columns: columns, capacity: 1)
        func reject(_ column: Int, _ bytes: [UInt8]) -> (Reject.Code, String, String) {
            bytes.withUnsafeBufferPointer { text in
                let fault = builder.set(column, text)
                let made = builder.reject(fault, column: column, text: text, file: "f.csv", line: 2, offset: 9, row: 1, raw: text)
                return (made.code, made.found, made.expected)
            }
        }
        #expect(
            reject(0, Array("12.345".utf8)) == (
                .type, "12.345", "an amount in EUR with at most 2 decimals, or `rounding: half-even` or `half-up` to round them"
            ))
        #expect(
            reject(0, Array("92233720368547758.08".utf8)) == (
                .range, "92233720368547758.08", "an amount in EUR of at most 64 bits of minor units"
            ))
        #expect(reject(0, []) == (.missing, "nothing", "an amount in EUR with at most 2 decimals"))
        #expect(reject(1, Array("Ada".utf8)) == (.type, "(personal)", "an integer"))
        #expect(
            reject(2, Array("8.8.2018".utf8)) == (
                .type, "8.8.2018", "a timestamp like 08.08.2018 12:34; declare `format: \"d.M.yyyy\"` to read this"
            ))
        #expect(reject(3, [0x61, 0xFF]) == (.encoding, "a\u{FFFD}", "text in UTF-8"))
        let long = reject(0, Array(String(repeating: "é", count: 150).utf8))
        #expect(long.1 == String(repeating: "é", count: 100))
        let split = reject(0, Array(("x" + String(repeating: "é", count: 150)).utf8))
        #expect(split.1 == "x" + String(repeating: "é", count: 99))
        let broken = reject(0, Array(repeating: 0xFF, count: 300))
        #expect(broken.1.utf8.count <= 200)
    }
}
