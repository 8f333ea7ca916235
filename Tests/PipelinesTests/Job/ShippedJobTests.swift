import Foundation
import Pipelines
import Testing

@Suite struct ShippedJobTests {
    static let root = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/PipelinesTests/")?.lowerBound ?? #filePath.endIndex))
    static let sharedData = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] ?? root + "/../shared/data"
    static let hasSharedData = FileManager.default.fileExists(atPath: sharedData + "/fraud/transactions/2018-05-01.csv.gz")

    @Test("every job of the project is read without a finding", arguments: ["fraud", "fraud-xml", "handbook", "handbook-full"])
    func shippedJobs(name: String) throws {
        let text = try #require(FileManager.default.contents(atPath: "\(Self.root)/jobs/\(name).yaml"))
        let job = try Job.load(bytes: Array(text), path: "jobs/\(name).yaml").scored()
        #expect(job.directory == "jobs")
        #expect(job.stage.name == "fraud")
    }

    @Test("the jobs on the sample data find their files, columns and values", arguments: ["fraud", "fraud-xml"])
    func sampleData(name: String) {
        let check = Job.check(path: "\(Self.root)/jobs/\(name).yaml")
        #expect(check.findings.map(\.description) == [])
    }

    @Test("a job for a file of the sample data is guessed whole")
    func scaffoldSample() throws {
        let file = Self.root + "/sample-data/fraud/transactions/2026-01-02.csv.gz"
        let scaffold = try JobScaffold(from: file, jobPath: Self.root + "/jobs/guessed.yaml")
        let job = try Job.load(bytes: Array(scaffold.text.utf8), path: "jobs/guessed.yaml").scored()
        #expect(scaffold.missing == [])
        #expect(job.main.files == "../sample-data/fraud/transactions/*.csv.gz")
        #expect(job.main.key == ["transaction_id"])
    }

    @Test("a job for a file of the shared fraud data is guessed whole", .enabled(if: hasSharedData))
    func scaffoldShared() throws {
        let file = Self.sharedData + "/fraud/transactions/2018-05-01.csv.gz"
        let scaffold = try JobScaffold(from: file, jobPath: Self.root + "/guessed.yaml")
        let job = try Job.load(bytes: Array(scaffold.text.utf8), path: "guessed.yaml").scored()
        #expect(scaffold.missing == [])
        #expect(job.main.labelColumn == "tx_fraud")
        #expect(job.stage.text("terminal") == "terminal_id")
    }

    @Test("a file that is not there, a header without the column and values of another type are warnings at their places")
    func world() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/job-world-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/job.yaml"
        try Data(JobSamples.whole.utf8).write(to: URL(fileURLWithPath: path))
        try Data("terminal;knwon\nT1;2026-01-01\n".utf8).write(to: URL(fileURLWithPath: folder + "/blocked.csv"))
        let absent = Job.check(path: path)
        try Data("terminal;known\nT1;yesterday\n".utf8).write(to: URL(fileURLWithPath: folder + "/blocked.csv"))
        let wrong = Job.check(path: path)
        try FileManager.default.removeItem(atPath: folder)
        #expect(absent.job != nil && !absent.hasErrors)
        #expect(absent.findings.map(\.code) == ["feed.folder-missing", "feed.folder-missing", "feed.column-missing"])
        #expect(absent.findings.map(\.keyPath) == ["feeds.transactions.files", "feeds.chargebacks.files", "feeds.blocked.columns"])
        #expect(
            wrong.findings.last?.description == """
                warning: 1 of the first 1 rows of blocked.csv cannot be read (feeds.blocked.columns): line 2, column 'known', type, \
                yesterday, expected a timestamp like 2018-08-08T12:34:56. Correct the column's type or format, or allow for it with \
                `optional`, `nulls` or `rejects`.
                """)
    }
}
