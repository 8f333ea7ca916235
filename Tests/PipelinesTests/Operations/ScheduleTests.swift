import Foundation
import Pipelines
import Records
import Testing

@Suite("A job's schedule") struct ScheduleTests {
    private func schedule(zone: String, file: String = "/jobs/fraud.yaml") throws -> Schedule {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("jobs/fraud.yaml"), encoding: .utf8)
            .replacing("calendar: { zone: UTC }", with: "calendar: { zone: \(zone) }")
        let job = try Job.load(bytes: Array(text.utf8), path: "jobs/fraud.yaml")
        return try Schedule(job: job, program: "/bin/pipeline", jobFile: file, database: "/data/a.db")
    }

    @Test("is a line of cron as it stands in the machine's own zone, by whatever name", arguments: ["UTC", "Etc/UTC", "GMT"])
    func ownZone(_ system: String) throws {
        #expect(
            try schedule(zone: "UTC").crontab(systemZone: system)
                == "# card-fraud\n0 2 * * * /bin/pipeline run /jobs/fraud.yaml --database /data/a.db --quiet\n")
    }

    @Test("of another zone is looked at every five minutes, and only runs once it is due there")
    func otherZone() throws {
        let tokyo = try schedule(zone: "Asia/Tokyo").crontab(systemZone: "UTC")
        #expect(tokyo.hasPrefix("# card-fraud, due 0 2 * * * in Asia/Tokyo\n*/5 * * * * "))
        #expect(tokyo.hasSuffix(" --quiet --if-due\n"))
        #expect(try schedule(zone: "UTC").crontab(systemZone: "Asia/Tokyo").contains("--if-due"))
    }

    @Test("keeps what a shell or cron would take apart together")
    func quoting() throws {
        let line = try schedule(zone: "UTC", file: "/jobs/100% of it's/fraud.yaml").crontab(systemZone: "UTC")
        #expect(line.contains("100\\% of it") && line.contains("'"))
        #expect(!line.dropLast().contains("\n0 2 * * * /bin/pipeline run /jobs/100 "))
    }
}
