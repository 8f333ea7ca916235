import Connectors
import Foundation
import Records

extension Job {
    /// Reads and validates a job file; the world (its feeds' files) is not looked at.
    ///
    /// - Parameter path: as typed; stored as it is.
    /// - Throws: everything that is wrong, at once; `failure` of it exits with 78.
    public static func load(path: String, components: Components = .standard) throws(JobProblems) -> Job {
        let result = read(path: path, components: components)
        guard let job = result.job else { throw JobProblems(path: path, findings: result.findings) }
        return job
    }

    /// The same from bytes: replay reads the job file of the day.
    public static func load(bytes: [UInt8], path: String, components: Components = .standard) throws(JobProblems) -> Job {
        let result = read(bytes: bytes, path: path, components: components)
        guard let job = result.job else { throw JobProblems(path: path, findings: result.findings) }
        return job
    }

    static func read(path: String, components: Components) -> JobCheck {
        guard let data = FileManager.default.contents(atPath: path) else {
            let findings = JobFindings()
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            findings.add(.unreadable(!exists ? "no such file" : isFolder.boolValue ? "a folder" : "no permission"), at: .file, path: "")
            return JobCheck(path: path, job: nil, findings: findings.sorted)
        }
        return read(bytes: Array(data), path: path, components: components)
    }

    static func read(
        bytes: [UInt8], path: String, components: Components, findings: JobFindings = JobFindings()
    ) -> JobCheck {
        let job = JobReader(components: components, findings: findings).job(bytes, path: path)
        return JobCheck(path: path, job: job, findings: findings.sorted)
    }
}

/// What `pipeline check` says of a job file: the job, unless a finding is an error, and all findings.
public struct JobCheck: Sendable {
    public let path: String
    public let job: Job?
    /// Errors and warnings in the order of the lines.
    public let findings: [JobFinding]

    public var hasErrors: Bool { findings.contains { $0.severity == .error } }

    public init(path: String, job: Job?, findings: [JobFinding]) { (self.path, self.job, self.findings) = (path, job, findings) }
}
