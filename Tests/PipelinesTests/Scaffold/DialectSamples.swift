import Testing

/// A file as somebody might have written it, and what a person would say of it.
struct DialectSample: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    /// Settings as in a job file; those not named here must not be written, but for `header: true` and `delimiter`.
    let expected: [String: String]
    /// Settings that must be said to be ambiguous; then only those that are not are compared.
    var ambiguous: Set<String> = []

    init(_ name: String, _ text: String, _ expected: [String: String], ambiguous: Set<String> = []) {
        (self.name, self.text, self.ambiguous) = (name, text, ambiguous)
        self.expected = ["header": "true", "delimiter": ","].merging(expected) { $1 }
    }

    var testDescription: String { name }

    private static func rows(_ header: String?, _ count: Int, _ row: (Int) -> String) -> String {
        ([header].compactMap(\.self) + (1...count).map(row)).joined(separator: "\n") + "\n"
    }

    static let all: [DialectSample] = delimiters + quotes + headers + lines + numbers + ambiguities

    private static let delimiters: [DialectSample] = [
        DialectSample("plain", rows("id,name,amount", 5) { "\($0),n\($0),\($0).50" }, [:]),
        DialectSample("two rows", "id,amount\n1,2.5\n", [:]),
        DialectSample("semicolons", rows("id;name;amount", 5) { "\($0);n\($0);\($0),50" }, ["delimiter": ";", "decimal": ","]),
        DialectSample(
            "semicolons, two columns, decimal commas", rows("time;value", 6) { "\($0);\($0),5" }, ["delimiter": ";", "decimal": ","]),
        DialectSample(
            "tabs and texts with commas", rows("id\ttext\tcity", 5) { "\($0)\tone, two, \($0)\tRome, Italy" }, ["delimiter": "tab"]),
        DialectSample("bars", rows("id|name|day", 5) { "\($0)|a b c\($0)|2026-01-0\($0)" }, ["delimiter": "|"]),
        DialectSample("bars with commas and semicolons inside", rows("id|text", 5) { "\($0)|a, b; c" }, ["delimiter": "|"]),
        DialectSample("carets", rows("id^name^day", 5) { "\($0)^n\($0)^2026-01-0\($0)" }, ["delimiter": "^"]),
        DialectSample("colons", rows("user:uid:home", 5) { "u\($0):100\($0):/home/u\($0)" }, ["delimiter": ":"]),
        DialectSample(
            "blanks, aligned", "  id    value   load\n   1     2.5    10\n  20    13.5     7\n 300   111.0     3\n", ["delimiter": "blanks"]
        ),
        DialectSample(
            "blanks, turbofan", rows(nil, 6) { "\($0) 1 -0.0007 0.0004 100.0 518.67 64\($0).82  " },
            ["delimiter": "blanks", "header": "false"]),
        DialectSample(
            "blanks, dates and times", rows(nil, 5) { "2026-01-0\($0) 10:0\($0):00 \($0).5" }, ["delimiter": "blanks", "header": "false"]),
        DialectSample("times with commas in the text", rows("time,message", 5) { "2026-01-01 10:0\($0):00,started step \($0)" }, [:]),
        DialectSample(
            "the byte 1, as Hive writes", rows(nil, 5) { "\($0)\u{1}n\($0)\u{1}\($0).5" }, ["delimiter": "\u{1}", "header": "false"]),
        DialectSample(
            "wide",
            rows((1...30).map { "c\($0)" }.joined(separator: ";"), 4) { row in (1...30).map { "\($0 * row)" }.joined(separator: ";") },
            ["delimiter": ";"]),
        DialectSample("CRLF", "id,name\r\n1,a b\r\n2,c d\r\n3,e f\r\n", [:]),
        DialectSample("CR", "id;name\r1;a b\r2;c d\r3;e f\r", ["delimiter": ";"]),
    ]

    private static let quotes: [DialectSample] = [
        DialectSample("quoted delimiters and line ends", rows("id,text", 5) { "\($0),\"a, b\nand \"\"c\"\" \($0)\"" }, [:]),
        DialectSample("all quoted", rows("\"id\",\"text\"", 5) { "\"\($0)\",\"a; b; c\"" }, [:]),
        DialectSample(
            "all quoted, semicolons", rows("\"id\";\"text\";\"sum\"", 5) { "\"\($0)\";\"a, b, c\";\"\($0),5\"" },
            ["delimiter": ";", "decimal": ","]),
        DialectSample("single quotes", rows("'id','text'", 5) { "'\($0)','a, b\($0)'" }, ["quote": "'"]),
        DialectSample("apostrophes in texts", rows("id,text", 5) { "\($0),it's 5 o'clock \($0)" }, [:]),
        DialectSample("inches", rows("id,size", 6) { "\($0),\($0)\" pipe" }, [:]),
        DialectSample("quotes that open nothing", rows("id,text", 8) { "\($0),\"big \($0)" }, ["quotes": "literal"]),
        DialectSample("spaces before quotes", rows("id, text, sum", 5) { "\($0), \"a, b\", \($0).5" }, ["quotes": "lenient"]),
        DialectSample("backslashes", rows("id,text", 5) { "\($0),\"say \\\"a, b\\\" \($0)\"" }, ["escape": "backslash"]),
        DialectSample("JSON in quotes", rows("id,data", 5) { "\($0),\"{\"\"a\"\":\($0),\"\"b\"\":[1,2]}\"" }, [:]),
    ]

    private static let headers: [DialectSample] = [
        DialectSample("no header", rows(nil, 5) { "\($0),a\($0),2026-01-0\($0),\($0).5" }, ["header": "false"]),
        DialectSample("texts below a header", rows("text,category", 6) { "How do I do thing number \($0)?,cat_\($0 % 2)" }, [:]),
        DialectSample("years", "country,2019,2020,2021\nDE,1,2,3\nFR,4,5,6\nIT,7,8,9\n", [:]),
        DialectSample("an unnamed index", rows(",name,value", 5) { "\($0),n\($0),\($0).5" }, [:]),
        DialectSample("units", "time;load;temp\ns;kN;[°C]\n1;2.5;20\n2;2.7;21\n3;2.9;22\n", ["delimiter": ";", "skip-after-header": "1"]),
        DialectSample("codes, no header", rows(nil, 6) { "A10\($0),B20\($0)" }, ["header": "false"]),
        DialectSample("Japanese names", rows("伝票番号,取引日,金額", 5) { "D\($0),2026/01/0\($0),\($0)000" }, [:]),
        DialectSample("Japanese era dates", rows("番号,日付,金額", 5) { "\($0),令和8年1月\($0)日,\"\($0),234,000\"" }, [:]),
        DialectSample("a header that starts with #", rows("#id,name,sum", 5) { "\($0),n\($0),\($0).5" }, [:]),
        DialectSample("mostly empty", rows("id,a,b,c", 6) { "\($0),,,\($0 == 3 ? "x" : "")" }, [:]),
    ]

    private static let lines: [DialectSample] = [
        DialectSample(
            "a preamble", "Bank report\nprinted 2026-01-01\n\n" + rows("id;day;sum", 5) { "\($0);2026-01-0\($0);\($0).5" },
            ["delimiter": ";", "skip": "3"]),
        DialectSample(
            "comments", "# made by me, 2026\n# second, line, with commas, more\n" + rows("id,sum", 5) { "\($0),\($0).5" }, ["comment": "#"]),
        DialectSample("comments between rows", rows("id,sum", 5) { "\($0),\($0).5\n# checked" }, ["comment": "#"]),
        DialectSample(
            "a trailer", rows("type|id|sum", 5) { "D|\($0)|\($0).5" } + "TRAILER|5\n", ["delimiter": "|", "trailer": "TRAILER|"]),
        DialectSample(
            "record types", "H;20260101\n" + rows(nil, 5) { "D;\($0);\($0).50;EUR" } + "T;5;12.5\n",
            ["delimiter": ";", "skip": "1", "header": "false", "trailer": "T;"]),
        DialectSample("a count at the end", rows("id,sum", 5) { "\($0),\($0).5" } + "5 rows selected\n", ["trailer-lines": "1"]),
        DialectSample("a total in a row", rows("shop,sum", 5) { "s\($0),\($0).5" } + "Total,17.5\n", ["trailer": "Total,"]),
        DialectSample("a delimiter more in every row", rows("id,day,sum", 5) { "\($0),2026-01-0\($0),\($0).5," }, ["ragged": "cut"]),
        DialectSample("one short row", rows("id,day,sum", 8) { $0 == 4 ? "4" : "\($0),2026-01-0\($0),\($0).5" }, [:]),
        DialectSample("files put one behind the other", rows("id,sum", 3) { "\($0),\($0).5" } + rows("id,sum", 3) { "\($0),\($0).5" }, [:]),
    ]

    private static let numbers: [DialectSample] = [
        DialectSample(
            "German money", rows("Datum;Betrag;Text", 5) { "0\($0).01.2026;\($0).234,50;Miete, Strom" }, ["delimiter": ";", "decimal": ","]),
        DialectSample("thousands in quotes", rows("id,sum", 5) { "\($0),\"\($0),234.50\"" }, [:]),
        DialectSample("decimal commas in quotes", rows("id,sum", 5) { "\($0),\"\($0),5\"" }, ["decimal": ","]),
        DialectSample("one column of decimal commas", rows("value", 5) { "\($0),5" }, [:], ambiguous: ["delimiter"]),
    ]

    private static let ambiguities: [DialectSample] = [
        DialectSample("words in all cells", "red,round\ngreen,square\nblue,oval\n", [:], ambiguous: ["header"]),
        DialectSample("one record of words", "alpha,beta\n", [:], ambiguous: ["header"]),
        DialectSample("commas and bars", "a,b|c,d\ne,f|g,h\n", [:], ambiguous: ["delimiter", "header"]),
        DialectSample("thousands or decimals", rows("id;sum", 5) { "\($0);\($0),234" }, ["delimiter": ";"], ambiguous: ["decimal"]),
        DialectSample("semicolons and decimal commas", "1,2;3,4\n5,6;7,8\n", ["delimiter": ";", "header": "false", "decimal": ","]),
    ]
}
