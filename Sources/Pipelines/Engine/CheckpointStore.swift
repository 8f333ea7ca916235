import Connectors
import Foundation
import GRDB
import Records

/// A job's checkpoint as stored.
struct Checkpoint: Hashable, Sendable {
    var run: Int64
    var chunk: Int
    var file: Int
    var position: FeedPosition
    var cursor: StreamCursor
}

/// The checkpoint of a job and its stage's state, over an open transaction.
struct CheckpointStore {
    let database: Database
    let job: String

    /// State bytes are cut into rows of this size, far below SQLite's limit for a value.
    private static let partBytes = 1 << 20

    init(_ database: Database, job: String) { (self.database, self.job) = (database, job) }

    func load() throws -> Checkpoint? {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM pipeline_checkpoints WHERE job = ?", arguments: [job]) else {
            return nil
        }
        let engine: String = row["engine"]
        let cursor = try JSONDecoder().decode(StreamCursor.self, from: Data(engine.utf8))
        return Checkpoint(
            run: row["run"], chunk: row["chunk"], file: row["file"],
            position: FeedPosition(offset: row["offset"], row: row["row"], line: row["line"]), cursor: cursor)
    }

    func save(_ checkpoint: Checkpoint) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let engine = String(decoding: try encoder.encode(checkpoint.cursor), as: UTF8.self)
        try database.runCached(
            """
            INSERT OR REPLACE INTO pipeline_checkpoints (job, run, chunk, file, "offset", "row", line, watermark, label, engine)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                job, checkpoint.run, checkpoint.chunk, checkpoint.file, checkpoint.position.offset, checkpoint.position.row,
                checkpoint.position.line, checkpoint.cursor.watermark, checkpoint.cursor.labels, engine,
            ])
    }

    /// A base takes the place of everything; a delta is appended.
    func append(_ change: StateChange, sequence: inout Int64) throws {
        switch change {
        case .base(let bytes):
            try database.runCached("DELETE FROM pipeline_state WHERE job = ?", [job])
            sequence = 0
            try insert(bytes, kind: "base", sequence: &sequence)
        case .delta(let bytes):
            guard !bytes.isEmpty else { return }
            try insert(bytes, kind: "delta", sequence: &sequence)
        }
    }

    private func insert(_ bytes: [UInt8], kind: String, sequence: inout Int64) throws {
        precondition(kind == "base" || bytes.count < 512 << 20, "a block's delta is far smaller than SQLite's limit")
        var start = 0
        repeat {
            let end = kind == "base" ? min(start + Self.partBytes, bytes.count) : bytes.count
            sequence += 1
            try put(Blob(Array(bytes[start..<end])), kind: kind, sequence: sequence)
            start = end
        } while start < bytes.count
    }

    /// One part, with its sum.
    func put(_ part: Blob, kind: String, sequence: Int64) throws {
        let sum = StateSum.of(Data(part.bytes), job: job, kind: kind, sequence: sequence)
        try database.runCached(
            "INSERT INTO pipeline_state (job, kind, sequence, data, sum) VALUES (?, ?, ?, ?, ?)", [job, kind, sequence, part, sum])
    }

    /// The stage's state, and the last sequence number used.
    ///
    /// - Throws: ``Failure`` where a part has another sum than when it was written.
    func state() throws -> (base: [UInt8], deltas: [[UInt8]], sequence: Int64) {
        var base: [UInt8] = [], deltas: [[UInt8]] = []
        var last: Int64 = 0
        let rows = try Row.fetchCursor(
            database, sql: "SELECT kind, sequence, data, sum FROM pipeline_state WHERE job = ? ORDER BY sequence", arguments: [job])
        while let row = try rows.next() {
            let kind: String = row["kind"]
            let sequence: Int64 = row["sequence"], sum: String? = row["sum"]
            last = sequence
            try row.withUnsafeData(named: "data") { data in
                if let sum, sum != StateSum.of(data ?? Data(), job: job, kind: kind, sequence: sequence) {
                    throw Failure.stateDamaged(job: job, part: sequence)
                }
                if kind == "base" { base.append(contentsOf: data ?? Data()) } else { deltas.append(Array(data ?? Data())) }
            }
        }
        return (base, deltas, last)
    }

    func clear() throws {
        try database.runCached("DELETE FROM pipeline_state WHERE job = ?", [job])
        try database.runCached("DELETE FROM pipeline_checkpoints WHERE job = ?", [job])
    }
}
