import Connectors
import PipelineTesting
import Records
import Testing

/// Every type, quotes, doubled quotes, line ends of all kinds, a blank line, and one reject of each common kind.
private let document = Array(
    ("\u{FEFF}id,name,amount,unused,time,\"ra\"\"te\",ok\r\n" + "1,plain,18.71,x,2018-05-01 00:01:21,0.5,true\n"
        + "\n2,\"quoted, with\r\n two lines\",1,x,2018-05-01 00:01:22,1e3,0\r" + "x,bad id,1.00,x,2018-05-01 00:01:23,1,1\r\n"
        + "4,\"say \"\"hi\"\"\",-3.5,\"\",2018-05-02 00:00:00,,no\n" + "5,few\n" + "6,\"after\"x,1,x,2018-05-01 00:01:21,1,t\n"
        + "7,é€😀,0.001,x,2018-05-01 00:01:21,1,t\n" + "8,last,0,x,2018-05-03 10:00:00,-1.25,f").utf8)

private func contract(_ format: any FeedFormat.Type = CSVFormat.self) throws -> FeedContract {
    let euro = try #require(Currency("EUR"))
    return FeedContract(
        format, document: document,
        columns: [
            FeedColumn(field: Field("time", .timestamp), source: "time", format: "yyyy-MM-dd HH:mm:ss"),
            FeedColumn(field: Field("id", .int64), source: "id"), FeedColumn(field: Field("name", .string, personal: true), source: "name"),
            FeedColumn(field: Field("amount", .money(euro)), source: "amount"),
            FeedColumn(field: Field("rate", .float64, optional: true), source: "ra\"te"),
            FeedColumn(field: Field("ok", .bool), source: "ok"),
        ],
        rows: [
            ["2018-05-01T00:01:21Z", "1", "plain", "18.71", "0.5", "true"],
            ["2018-05-01T00:01:22Z", "2", "quoted, with\r\n two lines", "1.00", "1000.0", "false"],
            ["2018-05-02T00:00:00Z", "4", "say \"hi\"", "-3.50", nil, "false"],
            ["2018-05-03T10:00:00Z", "8", "last", "0.00", "-1.25", "false"],
        ], rejectedRows: [3, 5, 6, 7])
}

@Suite struct CSVContractTests {
    @Test("the CSV reader keeps the contract of feed formats")
    func keeps() throws { #expect(try contract().differences() == []) }

    @Test("so it does with notes, blanks, backslashes, and lines at the start and the end that are no rows")
    func keepsDialects() throws {
        let text = FeedColumn(field: Field("b", .string, optional: true), source: "b")
        let number = FeedColumn(field: Field("a", .int64), source: "a")
        for (document, options, rows, rejects) in [
            (
                "made today\n# x\na,b\nkg,\"m\n1,\"2\"\n# \"y\nT,1\n3,\"4\r\n5\"\na,b\nx,1\n6,7\nT,2\r\nend\r\n\n",
                [
                    "skip": .integer(1), "skip-after-header": .integer(1), "comment": .text("#"), "trailer": .text("T,"),
                    "trailer-lines": .integer(1),
                ], [["1", "2"], ["3", "4\r\n5"], ["6", "7"]], [3]
            ),
            (
                " a  b\n 1 2 \n\t\n3\t \"4 5\"\r\nx y\n6 7  ", ["delimiter": .text("blanks")], [["1", "2"], ["3", "4 5"], ["6", "7"]], [3]
            ),
            (
                "a,b\n1,\\,2\\\n\n2,\"x\\\"\"\"\r\n\"\n3,\\N\nx,\n", ["escape": .text("backslash")],
                [["1", ",2\n"], ["2", "x\"\"\r\n"], ["3", "\\N"]], [4]
            ),
            (
                "a,b\n1, \"x,y\" \n2,\"x\"y\nx,1\n4\n5,last", ["quotes": .text("lenient"), "ragged": .text("pad-and-cut")],
                [["1", "x,y"], ["2", "xy"], ["4", nil], ["5", "last"]], [3]
            ),
        ] as [(String, [String: ParameterValue], [[String?]], [Int64])] {
            let contract = FeedContract(
                CSVFormat.self, document: Array(document.utf8), columns: [number, text], options: options, rows: rows, rejectedRows: rejects
            )
            let differences = try contract.differences()
            #expect(differences == [], "\(options): \(differences.prefix(3))")
        }
    }

    @Test("the contract finds a reader that forgets a row where a buffer ends, loses its place, or hides damage", arguments: Fault.allCases)
    func negativeControl(_ fault: Fault) throws {
        let differences: [String]
        switch fault {
        case .none: differences = try contract(Broken<NoFault>.self).differences()
        case .dropsLastRowOfSmallBuffers: differences = try contract(Broken<SmallBuffers>.self).differences()
        case .losesItsLine: differences = try contract(Broken<LostLine>.self).differences()
        case .hidesDamage: differences = try contract(Broken<HiddenDamage>.self).differences()
        case .losesReject: differences = try contract(Broken<LostReject>.self).differences()
        }
        #expect(differences.isEmpty == (fault == .none), "\(differences)")
    }
}

enum Fault: CaseIterable { case none, dropsLastRowOfSmallBuffers, losesItsLine, hidesDamage, losesReject }

private protocol PlantedFault: Sendable {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock?
}

private enum NoFault: PlantedFault {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock? { block }
}
private enum SmallBuffers: PlantedFault {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock? { bufferBytes == 13 ? nil : block }
}
private enum LostLine: PlantedFault {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock? {
        FeedBlock(
            batch: block.batch, rejects: block.rejects,
            end: FeedPosition(offset: block.end.offset, row: block.end.row, line: block.end.row + 2))
    }
}
private enum HiddenDamage: PlantedFault {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock? {
        block.rejects.contains { $0.code == .malformed } ? nil : block
    }
}
private enum LostReject: PlantedFault {
    static func change(_ block: FeedBlock, bufferBytes: Int) -> FeedBlock? {
        FeedBlock(batch: block.batch, rejects: Array(block.rejects.dropLast()), end: block.end)
    }
}

/// The CSV reader with a planted fault.
private enum Broken<Planted: PlantedFault>: FeedFormat {
    static var definition: Definition { CSVFormat.definition }

    final class Reader: FeedReader {
        private let inner: any FeedReader
        private let bufferBytes: Int

        init(_ inner: any FeedReader, _ bufferBytes: Int) { (self.inner, self.bufferBytes) = (inner, bufferBytes) }

        func next() throws(Failure) -> FeedBlock? {
            guard let block = try inner.next() else { return nil }
            return Planted.change(block, bufferBytes: bufferBytes)
        }
    }

    static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        Reader(
            try CSVFormat.reader(
                of: file, columns: columns, options: options, from: position, blockRows: blockRows, bufferBytes: bufferBytes), bufferBytes)
    }
}
