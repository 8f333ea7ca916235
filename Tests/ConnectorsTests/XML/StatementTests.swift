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
}
