public import Connectors
import Foundation
import GRDB
public import Records

/// Gives another system each outcome once: what runs decided and what people decided since the last file, corrections included.
///
/// What a file holds is fixed in the database before it is written: a process that dies between writes the same bytes at its next start,
/// under the same name and number. Held runs wait until somebody accepts them; what a newer version has overtaken meanwhile is left out.
public struct OutboundExport: Sendable {
    public let job: String
    public let receiver: String
    public let form: Outbound.Form
    let warehouse: Warehouse
    let environment: Environment

    /// - Throws: a receiver that is no name.
    public init(
        job: String, receiver: String, form: Outbound.Form, warehouse: Warehouse, environment: Environment
    ) throws(Failure) {
        guard JobValue.isName(receiver) else { throw .outboundReceiver(receiver) }
        (self.job, self.receiver, self.form) = (job, receiver, form)
        (self.warehouse, self.environment) = (warehouse, environment)
    }

    /// - Parameters:
    ///   - folder: of the file `<job>-<receiver>-<number>.csv`.
    ///   - since: leaves out runs up to this one, and decisions about their rows; 0 = none.
    ///   - stopsBeforeFile: tests die there.
    /// - Returns: files written, the one that a dead process left first; empty = nothing new.
    public func run(folder: String, since: Int64 = 0) throws(Failure) -> [Outbound] {
        try run(folder: folder, since: since, stopsBeforeFile: false)
    }

    package func run(folder: String, since: Int64, stopsBeforeFile: Bool) throws(Failure) -> [Outbound] {
        // One file of a receiver at a time: two processes would plan, or write, the same one.
        let lock = try JobLock(job: "export!\(job)!\(receiver)", database: warehouse.path, environment: environment)
        defer { withExtendedLifetime(lock) {} }
        let folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        var written: [Outbound] = []
        let (job, receiver) = (job, receiver)
        if let last = try warehouse.read({ try OutboundStore($0).last(job: job, receiver: receiver) }), !last.isWritten {
            written.append(try write(last))
        }
        guard let next = try plan(folder: folder, since: since) else { return written }
        if stopsBeforeFile { return written }
        written.append(try write(next))
        return written
    }

    /// Fixes what the next file holds; nil = nothing new.
    private func plan(folder: String, since: Int64) throws(Failure) -> Outbound? {
        guard FileManager.default.isWritableFile(atPath: folder) else { throw .outboundFolder(folder) }
        return try warehouse.write(durable: true) { database in
            guard
                try Row.fetchOne(database, sql: "SELECT 1 FROM pipeline_results WHERE job = ? AND feed IS NULL", arguments: [job]) != nil
            else {
                throw Failure.jobWithoutResults(
                    job, jobs: try String.fetchAll(database, sql: "SELECT job FROM pipeline_results WHERE feed IS NULL ORDER BY job"))
            }
            let store = OutboundStore(database), last = try store.last(job: job, receiver: receiver)
            let runs = try store.newRuns(job: job, receiver: receiver, since: since)
            let from = last?.auditTo ?? 0, head = try AuditChain(database).head().entries
            let decided = try OutboundRows.decisions(job: job, receiver: receiver, from: from, to: head, in: database)
            guard !runs.isEmpty || decided > 0 else { return nil }
            let number = (last?.number ?? 0) + 1
            let name = "\(job)-\(receiver)-\(String(repeating: "0", count: max(0, 6 - String(number).count)))\(number).\(form.rawValue)"
            let path = "\(folder)/\(name)"
            guard !FileManager.default.fileExists(atPath: path) else { throw Failure.outboundExists(path) }
            return try store.add(
                job: job, receiver: receiver, number: number, audit: (from, head), path: path, form: form, runs: runs, by: environment)
        }
    }

    private func write(_ planned: Outbound) throws(Failure) -> Outbound {
        var outbound = planned
        try warehouse.read { database in
            let file = try GzipWriter(path: outbound.path, encoding: .plain)
            try OutboundRows(outbound, in: database).write(to: file, counting: &outbound)
            try file.finish(durably: true)
            outbound.digest = try FileHash.sha256(of: outbound.path)
            let digest = try GzipWriter(path: "\(outbound.path).sha256", encoding: .plain)
            let name = URL(fileURLWithPath: outbound.path).lastPathComponent
            try Array("\(outbound.digest)  \(name)\n".utf8).withUnsafeBytes { try digest.write($0) }
            try digest.finish(durably: true)
        }
        outbound.isWritten = true
        let done = outbound
        try warehouse.write(durable: true) { try OutboundStore($0).settle(done) }
        return outbound
    }
}

extension Failure {
    static func outboundReceiver(_ name: String) -> Failure {
        Failure(
            .usage, code: "export.receiver", what: "this is no receiver's name", found: "'\(name)'",
            expected: "letters, digits, - and _, starting with a letter", remedy: "Files and records are kept under it: --to core")
    }

    static func outboundExists(_ path: String) -> Failure {
        Failure(
            .usage, code: "export.delivery-exists", what: "a file of that name is there already, and this database did not write it",
            place: path, expected: "the name of the receiver's next file free",
            remedy: "Move it away, or write into another folder (--folder) or to another receiver (--to).")
    }

    static func outboundFolder(_ folder: String) -> Failure {
        Failure(
            .usage, code: "export.folder", what: "the file cannot be written", place: folder, expected: "a folder this account may write",
            remedy: "Create it, or name another with --folder.")
    }
}
