import Foundation
public import Records

/// How the operating system starts a job: lines for cron, units for systemd. The program itself starts nothing.
public struct Schedule: Sendable {
    public var job: Job
    public var expression: CronExpression
    /// Absolute paths of the program, the job file and the database.
    public var program: String
    public var jobFile: String
    public var database: String

    /// - Throws: the job has no `schedule`.
    public init(job: Job, program: String, jobFile: String, database: String) throws(Failure) {
        guard let text = job.schedule, let expression = CronExpression(text) else { throw .scheduleMissing(job) }
        (self.job, self.expression) = (job, expression)
        (self.program, self.jobFile, self.database) = (program, jobFile, database)
    }

    /// Names of one and the same zone.
    private static let utc: Set = ["UTC", "Etc/UTC", "UCT", "Etc/UCT", "GMT", "Etc/GMT", "Etc/Zulu", "Zulu", "Universal", "Etc/Universal"]

    /// A line of crontab(5).
    ///
    /// Debian's cron knows one zone, the system's. A job of another zone is looked at every five minutes and runs once it is due in its own
    /// zone (`run --if-due`): so the days on which clocks change lose and double nothing, and a machine that was off catches up.
    ///
    /// What a run says when all went well goes nowhere, so that cron mails only what went wrong.
    ///
    /// - Parameter systemZone: of the machine that the line is for.
    public func crontab(systemZone: String) -> String {
        let isOwnZone = job.zone == systemZone || Self.utc.isSuperset(of: [job.zone, systemZone])
        let arguments = ["run", jobFile, "--database", database, "--quiet"] + (isOwnZone ? [] : ["--if-due"])
        let command = ([program] + arguments).map(Self.quoted).joined(separator: " ")
        let when = isOwnZone ? expression.text : "*/5 * * * *"
        let remark = isOwnZone ? "" : ", due \(expression.text) in \(job.zone)"
        // In a crontab % means a line end.
        return "# \(job.name)\(remark)\n\(when) \(command.replacingOccurrences(of: "%", with: "\\%")) >/dev/null\n"
    }

    /// A service and a timer of systemd, with their file names.
    public func systemd(randomDelay: String, memory: String, time: String) -> [(name: String, text: String)] {
        let unit = "pipeline-\(job.name)"
        let command = ([program] + ["run", jobFile, "--database", database, "--quiet"]).map(Self.systemdQuoted).joined(separator: " ")
        let service = """
            [Unit]
            Description=pipeline job \(job.name)\(job.owner.map { " of \($0)" } ?? "")

            [Service]
            Type=oneshot
            ExecStart=\(command)
            WorkingDirectory=\(URL(fileURLWithPath: jobFile).deletingLastPathComponent().path)
            # Try again later (75) is no failure: the next start goes on.
            SuccessExitStatus=75
            MemoryMax=\(memory)
            TimeoutStartSec=\(time)
            # SIGTERM ends a run after its chunk; the next start goes on from there.
            KillSignal=SIGTERM
            TimeoutStopSec=120
            NoNewPrivileges=yes
            ProtectSystem=strict
            ReadWritePaths=\(URL(fileURLWithPath: database).deletingLastPathComponent().path)
            UMask=0027

            """
        let timer = """
            [Unit]
            Description=starts pipeline job \(job.name): \(expression.text) in \(job.zone)

            [Timer]
            \(onCalendar.map { "OnCalendar=\($0)" }.joined(separator: "\n"))
            # A machine that was off at that time catches up.
            Persistent=true
            RandomizedDelaySec=\(randomDelay)
            Unit=\(unit).service

            [Install]
            WantedBy=timers.target

            """
        return [("\(unit).service", service), ("\(unit).timer", timer)]
    }

    /// As systemd.time(7) writes them; two where cron takes either of day and weekday.
    public var onCalendar: [String] {
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        func list(_ values: [Int], of count: Int) -> String {
            values.count == count ? "*" : values.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ",")
        }
        let time = "\(list(expression.hours, of: 24)):\(list(expression.minutes, of: 60)):00 \(job.zone)"
        let month = list(expression.months, of: 12)
        let weekdays = expression.weekdays.map { names[$0] }.joined(separator: ",")
        let onDays = "*-\(month)-\(list(expression.days, of: 31)) \(time)"
        let onWeekdays = "\(weekdays) *-\(month)-* \(time)"
        switch (expression.restrictsDays, expression.restrictsWeekdays) {
        case (_, false): return [onDays]
        case (false, true): return [onWeekdays]
        case (true, true): return [onDays, onWeekdays]
        }
    }

    /// For a shell, only where it must be.
    static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/._-:=@+,".utf8.contains(byte)
            }
        }
        return plain && !text.isEmpty ? text : "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'"
    }

    private static func systemdQuoted(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "%", with: "%%").replacingOccurrences(of: "$", with: "$$")
        return escaped.contains(" ") || escaped != text ? "\"\(escaped)\"" : escaped
    }
}

extension JobDue {
    /// Whether a scheduled job should run now: it was due, and no run has begun since.
    ///
    /// - Throws: the job has no `schedule`.
    public static func look(_ job: Job, lastRun: Timestamp?, now: Timestamp) throws(Failure) -> JobDue {
        guard let text = job.schedule, let expression = CronExpression(text) else { throw .scheduleMissing(job) }
        let zone = Zone(job.zone) ?? .utc
        let last = expression.lastDue(at: now, in: zone)
        let isDue = last.map { due in lastRun.map { $0 < due } ?? true } ?? false
        return JobDue(isDue: isDue, last: last, next: expression.nextDue(after: now, in: zone))
    }
}

/// Whether a scheduled job should run now.
public struct JobDue: Hashable, Sendable {
    public var isDue: Bool
    public var last: Timestamp?
    public var next: Timestamp?
}

extension Failure {
    static func scheduleMissing(_ job: Job) -> Failure {
        Failure(
            .job, code: "schedule.missing", what: "the job has no schedule", place: job.path,
            expected: "a line such as schedule: \"0 2 * * *\"",
            remedy: "Add it to the job file.")
    }
}
