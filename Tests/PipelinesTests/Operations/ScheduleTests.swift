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
                == "# card-fraud\n0 2 * * * /bin/pipeline run /jobs/fraud.yaml --database /data/a.db --quiet >/dev/null\n")
    }

    @Test("of another zone is looked at every five minutes, and only runs once it is due there")
    func otherZone() throws {
        let tokyo = try schedule(zone: "Asia/Tokyo").crontab(systemZone: "UTC")
        #expect(tokyo.hasPrefix("# card-fraud, due 0 2 * * * in Asia/Tokyo\n*/5 * * * * "))
        #expect(tokyo.hasSuffix(" --quiet --if-due >/dev/null\n"))
        #expect(try schedule(zone: "UTC").crontab(systemZone: "Asia/Tokyo").contains("--if-due"))
    }

    @Test("gives a shell, behind cron, the paths as they are")
    func quoting() throws {
        let file = "/jobs/100% of it's $HOME/fraud.yaml"
        let line = try schedule(zone: "UTC", file: file).crontab(systemZone: "UTC").split(separator: "\n")[1]
        let command = line.dropFirst("0 2 * * * ".count)
        // Cron ends a command at a bare % and takes the backslash off the others.
        #expect(command.split(separator: "%").dropLast().allSatisfy { $0.hasSuffix("\\") })
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "set -- \(command.replacing("\\%", with: "%")); printf '%s\\n' \"$@\""]
        process.standardOutput = output
        try process.run()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(words == "/bin/pipeline\nrun\n\(file)\n--database\n/data/a.db\n--quiet\n")
    }
}
