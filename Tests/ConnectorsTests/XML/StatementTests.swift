import Connectors
import Foundation
import Records
import Testing

/// Statements of other people's programs.
@Suite("XML: ISO 20022 statements")
struct StatementTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized.path
    private static let shared = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] ?? root + "/../shared/data"
    private static let folder = shared + "/finance-xml"
    private static let hasSharedData = FileManager.default.fileExists(atPath: folder + "/MANIFEST.csv")

    private static let columns = XMLSamples.texts(["Amt", "CdtDbtInd", "../Id", "../Acct/Id/IBAN", "Amt/@Ccy"])

    private func entries(_ path: String, rows: String = "Document/BkToCstmrStmt/Stmt/Ntry") throws -> [String] {
        XMLSamples.lines(try XMLSamples.all(XMLSamples.reader(path, rows: rows, Self.columns)))
    }

    private func total(_ entries: [String]) -> Double {
        entries.reduce(0) { sum, line in
            let fields = line.split(separator: "|")
            return sum + (Double(fields[0]) ?? .nan) * (fields[1] == "DBIT" ? -1 : 1)
        }
    }

    @Test("a file with two statements gives each entry its own statement's values")
    func twoStatements() throws {
        let entries = try entries(Self.root + "/Tests/Fixtures/iso20022/genkgo_camt053.v2.multi.statement.xml")
        #expect(entries.count == 2)
        #expect(total(entries) == 8.85 - 7)
        let statements = entries.map { $0.split(separator: "|")[2] }
        #expect(Set(statements).count == 2, "\(entries)")
    }

    @Test("every camt.053 of the shared data has the entries and sums that its manifest states", .enabled(if: hasSharedData))
    func manifest() throws {
        let manifest = try String(contentsOfFile: Self.folder + "/MANIFEST.csv", encoding: .utf8)
        var files = 0, sums = 0
        for line in manifest.split(separator: "\n") where line.contains("camt.053") && line.hasPrefix("iso20022/") {
            let file = String(line.prefix { $0 != "," })
            // The Prowide file wraps its Document in a message.
            let rows = file.contains("prowide") ? "message/Document/BkToCstmrStmt/Stmt/Ntry" : "Document/BkToCstmrStmt/Stmt/Ntry"
            let entries = try entries("\(Self.folder)/\(file)", rows: rows)
            let anywhere = try self.entries("\(Self.folder)/\(file)", rows: "//Stmt/Ntry")
            #expect(entries == anywhere, "\(file)")
            let count = line.firstMatch(of: #/Ntry ([0-9]+)/#).flatMap { Int($0.1) } ?? 0
            #expect(entries.count == count, "\(file)")
            let booked = line.matches(of: #/booked entries (-?[0-9.]+) /#).compactMap { Double($0.1) }
            if !booked.isEmpty {
                #expect(abs(total(entries) - booked.reduce(0, +)) < 1e-9, "\(file)")
                sums += 1
            }
            files += 1
        }
        #expect(files == 7 && sums == 6)
    }

    @Test("a statement wrapped in another element is refused by a path from the root, with what stands there", .enabled(if: hasSharedData))
    func wrapped() throws {
        let expected = Failure.xmlRowsNotFound(
            "Document/BkToCstmrStmt/Stmt/Ntry", next: "Document", place: "sample.xml", names: ["message"])
        #expect(throws: expected) { try entries(Self.folder + "/iso20022/prowide_camt.053.001.07.xml") }
    }

    // MARK: Control figures

    private static let balance = FeedControl(
        kind: .balance, stated: "../Bal[Tp/CdOrPrtry/Cd='CLBD']/Amt",
        opening: "../Bal[Tp/CdOrPrtry/Cd='OPBD' or Tp/CdOrPrtry/Cd='PRCD']/Amt",
        amount: "Amt", sign: "CdtDbtInd", label: "Id")

    private func figures(_ path: String, rows: String, _ controls: [FeedControl]) throws -> [ControlFigure] {
        try XMLControl.figures(
            of: FeedFile(path: path, name: "a.xml"), columns: [], options: ["rows": .text(rows)], controls: controls)
    }

    @Test("both statements of a file add up, each from its own opening balance")
    func balances() throws {
        let path = Self.root + "/Tests/Fixtures/iso20022/genkgo_camt053.v2.multi.statement.xml"
        let figures = try figures(path, rows: "//Stmt/Ntry", [Self.balance])
        #expect(figures.map(\.stated) == ["27.00", "20.00"] && figures.map(\.computed) == ["27.00", "20.00"])
        #expect(figures.map(\.agrees) == [true, true])
        // The control: without the sign they do not.
        let unsigned = FeedControl(kind: .balance, stated: Self.balance.stated, opening: Self.balance.opening, amount: "Amt")
        #expect(try self.figures(path, rows: "//Stmt/Ntry", [unsigned]).map(\.agrees) == [true, false])
    }

    @Test("the balances of the shared statements are equal or different as their manifest says", .enabled(if: hasSharedData))
    func manifestBalances() throws {
        let manifest = try String(contentsOfFile: Self.folder + "/MANIFEST.csv", encoding: .utf8)
        var agreeing = 0, differing = 0
        for line in manifest.split(separator: "\n") where line.contains("camt.053") && line.contains("closing") {
            let path = "\(Self.folder)/\(line.prefix { $0 != "," })"
            for figure in try figures(path, rows: "//Stmt/Ntry", [Self.balance]) {
                let (stated, computed) = (try #require(figure.stated), figure.computed)
                let note = "= \(computed), closing \(stated): \(figure.agrees ? "equal" : "DIFFERENT")"
                #expect(line.contains(note), "\(note) in \(line)")
                if figure.agrees { agreeing += 1 } else { differing += 1 }
            }
        }
        #expect(agreeing == 3 && differing == 4)
    }

    @Test("the counts and sums of the shared payments are equal or different as their manifest says", .enabled(if: hasSharedData))
    func manifestSums() throws {
        func payments(_ file: String, _ rows: String, _ amount: String, _ header: String) throws -> [String] {
            let controls = [
                FeedControl(kind: .rows, stated: header + "GrpHdr/NbOfTxs"),
                FeedControl(kind: .sum, stated: header + "GrpHdr/CtrlSum", amount: amount),
            ]
            return try figures("\(Self.folder)/iso20022/\(file)", rows: rows, controls).map {
                "\($0.stated ?? "-") \($0.computed) \($0.agrees)"
            }
        }
        let orders = "Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"
        #expect(
            try payments("iso_example_pain.001.001.03.xml", orders, "Amt/InstdAmt", "../../") == ["3 3 true", "11500000 11500000 true"])
        #expect(
            try payments("swiss_pain.001.001.03.ch.02.xml", orders, "Amt/InstdAmt", "../../") == ["7 8 false", "38.00 37.00 false"])
        let transfers = "//FIToFICstmrCdtTrf/CdtTrfTxInf"
        #expect(try payments("prowide_pacs.008.001.07.xml", transfers, "InstdAmt", "../") == ["1 1 true", "10000 5000 false"])
    }
}
