import Connectors
import Foundation
public import Records

extension Job {
    /// Rows of each feed's first file that `check` reads.
    private static let checkedRows = 1_000

    /// Validates a job file and looks at the world it names: files that match, columns in the first file, its first 1,000 rows.
    ///
    /// What the world lacks now is a warning: files may come later.
    ///
    /// - Parameters:
    ///   - path: of the job file, as typed.
    ///   - now: suppressions that ended before are a warning; nil = they are not looked at.
    public static func check(path: String, components: Components = .standard, now: Timestamp? = nil) -> JobCheck {
        guard let data = FileManager.default.contents(atPath: path) else { return read(path: path, components: components) }
        let findings = JobFindings()
        let check = read(bytes: Array(data), path: path, components: components, findings: findings)
        guard let job = check.job else { return check }
        do throws(Failure) {
            _ = try Holidays(of: job)
        } catch {
            findings.add(.world(error), at: findings.places["calendar.holidays"] ?? .start, path: "calendar.holidays")
        }
        for feed in job.feeds { look(at: feed, in: job.directory, components: components, findings: findings) }
        if let now { warnOfEnded(job, at: now, findings: findings) }
        return JobCheck(path: path, job: job, findings: findings.sorted)
    }

    private static func warnOfEnded(_ job: Job, at now: Timestamp, findings: JobFindings) {
        for (index, suppression) in (job.scoring?.policy.suppressions ?? []).enumerated() where suppression.end(in: job.zone) <= now {
            let path = "suppressions[\(index)].until"
            findings.add(
                .suppressionEnded(suppression.name, until: Timestamp.isoDate(days: Int64(suppression.until))),
                at: findings.places[path] ?? .start, path: path)
        }
    }

    private static func look(at feed: JobFeed, in directory: String, components: Components, findings: JobFindings) {
        func warn(_ message: JobFinding.Message, at key: String) {
            let path = "feeds.\(feed.name).\(key)"
            findings.add(message, at: findings.places[path] ?? .start, path: path)
        }
        let files: [FeedFile]
        do throws(Failure) {
            files = try Readiness.deliveries(of: feed, in: directory)
        } catch {
            return warn(.world(error), at: "files")
        }
        guard let file = files.first, let format = components.format(feed.format) else { return }
        do throws(Failure) {
            let reader = try format.reader(
                of: file, columns: feed.readColumns, options: feed.options, from: .start, blockRows: checkedRows, bufferBytes: 1 << 18)
            guard let block = try reader.next(), let first = block.rejects.first else { return }
            if Double(block.rejects.count) > feed.rejectLimit * Double(block.rowsRead) {
                warn(.firstRows(block.rejects.count, of: block.rowsRead, file: file.name, first: first), at: "columns")
            }
        } catch {
            // A delimiter that cannot be is a fault of the job file, whatever the world is like.
            var message = JobFinding.Message.world(error)
            if error.kind == .job { message.severity = .error }
            warn(message, at: "columns")
        }
    }
}
