import Connectors
import Foundation
import GRDB
import Testing

/// What the shipped program says to bad files, and that it leaves alone what is not its own.
@Suite("BadInput: the program, given bad input,")
struct BadInputTests {
    // MARK: Feed files

    struct FeedCase: Sendable, CustomTestStringConvertible {
        var name: String
        /// Name and content of the only feed file; a name that ends in `/` is a folder.
        var file: (name: String, content: String)?
        var error: String
        var testDescription: String { name }
    }

    static let feedCases = [
        FeedCase(
            name: "no file",
            error: """
                the feed has no files (transactions/*.csv): no file of that name; transactions holds nothing, expected at least one file. \
                Put the files there, or correct `files` in the job file (* ? and [] are understood).
                """),
        FeedCase(
            name: "a folder in place of a file", file: ("a.csv/", ""),
            error: """
                the feed has no files (transactions/*.csv): no file of that name; transactions holds a.csv/, expected at least one file. \
                Put the files there, or correct `files` in the job file (* ? and [] are understood).
                """),
        FeedCase(
            name: "an empty file", file: ("a.csv", ""),
            error: """
                the file is empty (transactions/a.csv): 0 bytes, expected at least a header or a record. Fetch it again, or take it away.
                """),
        FeedCase(
            name: "a column that is not there", file: ("a.csv", SmallBank.rows.replacing("TERMINAL_ID", with: "TERMINALID")),
            error: """
                the file has no column 'TERMINAL_ID' for 'terminal' (transactions/a.csv): the columns TRANSACTION_ID, TX_DATETIME, \
                CUSTOMER_ID, TERMINALID, TX_AMOUNT, expected a column 'TERMINAL_ID'. Did you mean 'TERMINALID'? \
                Correct `from` of column 'terminal' in the job file.
                """),
    ]

    @Test("says what is wrong with a feed, exits 1, writes no result, and reads the feed once it is repaired", arguments: feedCases)
    func feed(_ example: FeedCase) throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try bank.put(example.file)
        let failed = try bank.run()
        #expect(failed.code == 1 && failed.output.isEmpty)
        #expect(failed.errors == "error: \(example.error)\n")
        if let name = example.file?.name { try bank.take(name) }
        try bank.put(("a.csv", SmallBank.rows))
        let repaired = try bank.run()
        #expect(repaired.code == 0, "\(repaired.errors)")
        #expect(try bank.count("bank_scores") == 4 && bank.count("pipeline_runs") == 1)
    }

    // MARK: Bad rows

    struct RejectCase: Sendable, CustomTestStringConvertible {
        var name: String
        var file: String
        var content: @Sendable () throws -> Data
        var job: @Sendable (String) -> String = { $0 }
        /// The one reject's line, column, code, found and expected.
        var reject: [String]
        var accepted: ClosedRange<Int>
        var testDescription: String { name }
    }

    static let rejectCases = [
        RejectCase(
            name: "text in a number", file: "a.csv", content: { Data(SmallBank.rows.replacing("\n3,", with: "\nx3,").utf8) },
            reject: ["4", "transaction", "type", "x3", "an integer"], accepted: 3...3),
        RejectCase(
            name: "a gzip stream that breaks off", file: "a.csv", content: { try SmallBank.brokenGzip() },
            reject: ["", "", "malformed", "a gzip stream that breaks off", "a whole gzip stream"], accepted: 100...2_999),
        RejectCase(
            name: "an XML document that breaks off", file: "a.xml", content: { Data(SmallBank.brokenXML.utf8) },
            job: { SmallBank.xmlJob($0) },
            reject: ["4", "", "malformed", "a document that breaks off", "a well-formed XML document"], accepted: 2...2),
    ]

    @Test("sets a bad row aside, goes on, and shows it with its place and reason", arguments: rejectCases)
    func reject(_ example: RejectCase) throws {
        let bank = try SmallBank(edit: example.job)
        defer { bank.remove() }
        try example.content().write(to: bank.program.folder.appendingPathComponent("transactions/\(example.file)"))
        let run = try bank.run()
        let isBroken = example.reject[2] == "malformed"
        #expect(isBroken ? run.code == 65 : run.code == 0 && run.errors.isEmpty)
        if isBroken {
            #expect(run.errors.hasPrefix("error: a file breaks off; run 1 of 'bank' is held (transactions/\(example.file)): "))
            let items = try #require(try bank.program.run("review", "list", "--format", "json").json as? [[String: Any]])
            let about = items.first
            #expect(about?["kind"] as? String == "delivery" && about?["cause"] as? String == "broken-off")
        }
        let listed = try #require(try bank.program.run("rejects", "list", "--format", "json").json as? [[String: Any]])
        let reject = try #require(listed.first)
        #expect(listed.count == 1 && reject["file"] as? String == "transactions/\(example.file)")
        let found = ["column", "code", "found", "expected"].map { reject[$0] as? String ?? "" }
        #expect(found == Array(example.reject.dropFirst()))
        if !example.reject[0].isEmpty { #expect(reject["line"] as? Int == Int(example.reject[0])) }
        #expect(example.accepted.contains(try bank.count("bank_scores")))
    }

    // MARK: The job file

    @Test("names every mistake of a job file with its place at once, exits 78, and touches nothing")
    func job() throws {
        let bank = try SmallBank {
            $0.replacing("    lateness: 1d", with: "    latenes: 1d").replacing("type: string }", with: "type: sting }")
                .replacing("key: transaction", with: "key: transactoin").replacing("customer: customer,", with: "customer: custmer,")
                + "\nresults: other"
        }
        defer { bank.remove() }
        try bank.put(("a.csv", SmallBank.rows))
        let before = try bank.listing()
        let run = try bank.run()
        #expect(run.code == 78 && run.output.isEmpty)
        #expect(
            run.errors == """
                job.yaml:12:47: error: no such column type (feeds.transactions.columns.terminal.type): 'sting', expected one of int64, \
                float64, decimal, money, bool, string, date, timestamp, enum. Did you mean 'string'?
                job.yaml:14:10: error: no such column in feed 'transactions' (feeds.transactions.key): 'transactoin'. \
                Did you mean 'transaction'?
                job.yaml:16:5: error: unknown key 'latenes' (feeds.transactions.latenes). Did you mean 'lateness'?
                job.yaml:19:24: error: no such column in feed 'transactions' (stages[0].fraud.customer): 'custmer'. Did you mean 'customer'?
                job.yaml:27:1: error: a key is given twice (results): first on line 26. Remove one of them.
                error: the job file is wrong (job.yaml): 5 errors. Nothing was touched.

                """)
        #expect(try bank.listing() == before)
    }

    // MARK: Models

    @Test("runs on the stage's rules and says so where the model does not exist yet")
    func noModel() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try bank.put(("a.csv", SmallBank.rows))
        let run = try bank.run()
        #expect(run.code == 0 && run.output.contains("no model yet: the stage's rules score"))
    }

    @Test("names the features of both sides where the model does not fit, exits 78, and begins no run")
    func features() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try bank.put(("a.csv", SmallBank.rows))
        #expect(try bank.run().code == 0)
        try bank.addModel(features: ["amount", "age"])
        try bank.put(("b.csv", SmallBank.rows.replacing(",C1,", with: ",C2,")))
        let run = try bank.run()
        #expect(run.code == 78 && run.output.isEmpty)
        #expect(
            run.errors.hasPrefix(
                "error: the model does not fit the job (bank version 1): features amount, age, expected features amount, "))
        #expect(run.errors.hasSuffix(". Train a model for this job, or name another under `model:`.\n"))
        #expect(try bank.count("pipeline_runs") == 1)
    }

    // MARK: The database

    struct DatabaseCase: Sendable, CustomTestStringConvertible {
        var name: String
        var prepare: @Sendable (SmallBank) throws -> Void
        var error: String
        var testDescription: String { name }
    }

    static let databaseCases = [
        DatabaseCase(
            name: "a text file", prepare: { try Data("hello world, this is a text\n".utf8).write(to: $0.database) },
            error: """
                this is not a SQLite database (pipeline.db): a file that does not start with "SQLite format 3", expected a database written \
                by `pipeline run`. Name another file with --database; this one was not touched.
                """),
        DatabaseCase(
            name: "another program's database",
            prepare: { try $0.execute("CREATE TABLE accounts (id INTEGER); INSERT INTO accounts VALUES (7)") },
            error: """
                this SQLite database belongs to another program (pipeline.db): tables, but not the application id of pipeline, expected a new \
                file or one written by `pipeline run`. Name another file with --database; this one was not touched.
                """),
        DatabaseCase(
            name: "a newer version's database",
            prepare: { bank in
                try bank.put(("a.csv", SmallBank.rows))
                #expect(try bank.run().code == 0)
                try bank.execute("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
            },
            error: """
                the database was written by a newer version of pipeline (pipeline.db): layout 99, expected layout \(Warehouse.schemaVersion) \
                or older. Use the newer version of pipeline; this file was not touched.
                """),
    ]

    @Test("refuses a database that is not its own with exit 64, and leaves its bytes alone", arguments: databaseCases)
    func database(_ example: DatabaseCase) throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try example.prepare(bank)
        try bank.put(("b.csv", SmallBank.rows))
        let (bytes, names) = (try Data(contentsOf: bank.database), try bank.listing())
        for command in [["run", "job.yaml"], ["runs", "list"], ["audit", "verify"]] {
            let result = try bank.program.run(arguments: command)
            #expect(result.code == 64 && result.output.isEmpty)
            #expect(result.errors == "error: \(example.error)\n")
        }
        #expect(try Data(contentsOf: bank.database) == bytes)
        #expect(try bank.listing() == names)
    }

    @Test("refuses a database that this account may not write with exit 64", .enabled(if: geteuid() != 0, "root may write everything"))
    func readOnly() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try bank.put(("a.csv", SmallBank.rows))
        #expect(try bank.run().code == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: bank.database.path)
        try bank.put(("b.csv", SmallBank.rows.replacing(",C1,", with: ",C2,")))
        let run = try bank.run()
        #expect(run.code == 64)
        #expect(
            run.errors == """
                error: the database cannot be written (pipeline.db): a read-only file, expected a file this account may write. \
                Change its permissions, or name another file with --database.

                """)
        #expect(try bank.count("pipeline_runs") == 1)
    }

    @Test("waits for a database that another program has locked, then exits 75; the same command works once it is free")
    func locked() throws {
        let bank = try SmallBank()
        defer { bank.remove() }
        try bank.put(("a.csv", SmallBank.rows))
        #expect(try bank.run().code == 0)
        try bank.put(("b.csv", SmallBank.rows.replacing(",C1,", with: ",C2,")))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: bank.database.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let refused = try bank.run()
        #expect(refused.code == 75 && refused.output.isEmpty)
        #expect(refused.errors.hasPrefix("error: the database is locked by another program (pipeline.db): database is locked, expected "))
        #expect(refused.errors.hasSuffix("start the same command again.\n"))
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        #expect(try bank.run().code == 0)
        #expect(try bank.count("pipeline_runs") == 2)
    }
}
