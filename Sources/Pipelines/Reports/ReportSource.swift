import Connectors
import Foundation
import GRDB
import Models
import Records

/// What a figure shows, or in one line why there is nothing to show.
package enum Shown<Value: Sendable>: Sendable {
    case shown(Value)
    case missing(String)

    package var value: Value? { if case .shown(let value) = self { value } else { nil } }
}

/// Where the figures of a domain come from: the stored results of a job's runs, as they were at the report's clock. Nothing is held whole.
struct ReportSource {
    let database: Database
    let job: ScoringJob
    let table: String
    /// Columns of the key, in order.
    let key: [String]
    let now: Timestamp
    let runs: [Int64: RunRecord]
    /// Until when things were known that the model of a run was trained on; none for runs that the rules scored.
    let learntBy: [Int64: Timestamp]

    /// `FROM …` and `WHERE …` of the newest version of each row.
    var rows: String {
        "FROM \(ResultTable.quoted(table + "_current")) "
            + "WHERE run IN (SELECT id FROM pipeline_runs WHERE clock <= \(now.microseconds))"
    }

    /// Names of the stage's features, in the order stored.
    func featureNames() throws(Failure) -> [String] { try Stages.definition(of: job.stage).features.map(\.name) }

    /// The column that a parameter of the stage names, when results store it: a column of the key.
    func keyColumn(_ parameter: String) -> String? {
        job.stage.text(parameter).flatMap { key.contains($0) ? $0 : nil }
    }

    /// First and last event time of the rows; nil when there are none.
    func period() throws -> (first: Timestamp, last: Timestamp)? {
        guard let row = try Row.fetchOne(database, sql: "SELECT min(event_time), max(event_time) \(rows)"),
            let first = (row[0] as String?).flatMap({ Timestamp(iso8601: $0) }),
            let last = (row[1] as String?).flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        return (first, last)
    }

    /// The model that scored a run, or nil: of rules, or one that this version cannot read.
    func model(ofRun run: Int64) throws -> (any Classifier)? {
        guard let record = runs[run], let name = record.model, let number = record.modelVersion else { return nil }
        let store = ModelStore(database)
        guard let version = try store.versions(of: name).first(where: { $0.version == number }) else { return nil }
        let stage = try Stages.definition(of: job.stage)
        guard version.featureNames == stage.features.map(\.name) else { return nil }
        return try LoadedModel.load(version, artefact: try store.artefact(of: version), job: job, stage: stage, threads: 1).classifier
    }

    /// A stored value as a key has it.
    static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .int64(let number): String(number)
        case .string(let text): text
        case .double(let number): "\(number)"
        case .null, .blob: ""
        }
    }
}

extension PackedFeatures {
    /// The values at some places, without unpacking the others; NaN where there is none.
    static func values(_ data: Data?, at places: [Int]) -> [Float] {
        guard let data, data.count % 4 == 0 else { return places.map { _ in .nan } }
        return data.withUnsafeBytes { bytes in
            places.map { place in
                guard place >= 0, 4 * place + 4 <= bytes.count else { return .nan }
                return Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)))
            }
        }
    }
}
