import Connectors
import Foundation
import GRDB
import Records

/// Rejects of a job by what stands in them: they have no key, only the bytes of a record that could not be used.
struct NamedRejects {
    private let database: Database
    private let job: Job

    init(_ job: Job, in database: Database) { (self.job, self.database) = (job, database) }

    /// Numbers of rejects in which a name is a whole field.
    func numbers(naming name: String) throws -> [Int64] {
        let search = NameSearch(name)
        var numbers: [Int64] = []
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, feed, raw, found FROM pipeline_rejects WHERE run IN (SELECT id FROM pipeline_runs WHERE job = ?) ORDER BY id
                """, arguments: [job.name])
        while let row = try rows.next() {
            if try isNamed(row, search) { numbers.append(row["id"]) }
        }
        return numbers
    }

    /// Of the given rejects, those that name a key under a legal hold: all parts of it that are stored as they were read, texts and whole
    /// numbers. Where the key has no such part, nothing tells whose a reject is: it is held.
    func held(_ numbers: [Int64], by holds: [Hold]) throws -> Set<Int64> {
        let keys = holds.compactMap { hold in hold.key.map(parts) }
        guard !keys.isEmpty else { return [] }
        var held: Set<Int64> = []
        for number in numbers {
            guard
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT id, feed, raw, found FROM pipeline_rejects WHERE id = ?"), arguments: [number])
            else { continue }
            if try keys.contains(where: { try $0.allSatisfy { try isNamed(row, $0) } }) { held.insert(number) }
        }
        return held
    }

    private func parts(of key: String) -> [NameSearch] {
        let parts = key.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        let main = job.feeds.first { $0.role == .main }, schema = main?.schema
        let types = main?.key.compactMap { name in schema?.index(of: name).map { schema?.fields[$0].type } } ?? []
        // Keys of a stage's own results are told apart by all their parts.
        let isMain = types.count == parts.count
        return parts.indices.filter { !parts[$0].isEmpty && (!isMain || types[$0] == .string || types[$0] == .int64) }
            .map { NameSearch(parts[$0]) }
    }

    private func isNamed(_ row: Row, _ search: NameSearch) throws -> Bool {
        let name: String = row["feed"], feed = job.feeds.first { $0.name == name }
        if search.isField(of: row["found"] as String? ?? "", delimiter: feed?.delimiter) { return true }
        // A feed that the job has no more may have been in any encoding.
        return search.isField(
            of: [UInt8](row["raw"] as Data), in: feed?.rejectEncodings ?? TextEncoding.allCases, delimiter: feed?.delimiter)
    }
}
