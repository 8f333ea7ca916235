import Foundation
import GRDB
import Models
import Records

extension LifeComparison {
    /// Machines looked at, those with the smallest hash of their name; and rows, evenly spread.
    private static let mostMachines = 2_000
    private static let mostRows = 100_000

    static func read(_ source: ReportSource, unit: String, ends: FailureEnds, step: Int64) throws -> Shown<LifeComparison> {
        guard source.job.feeds.contains(where: { $0.role == .labels }) else {
            return .missing("When machines failed is not stored: the job has no feed with `role: labels`.")
        }
        guard ends.count > 0 else { return .missing("No failure of a machine is known yet, so no life has ended to compare with.") }
        var walk = LifeWalk(source: source, ends: ends, step: step)
        let chosen = ends.times.keys.sorted { (RecordKey.hash($0), $0) < (RecordKey.hash($1), $1) }.prefix(mostMachines).sorted()
        let name = ResultTable.quoted(unit)
        let parts = stride(from: 0, to: chosen.count, by: 200).map { Array(chosen[$0..<min($0 + 200, chosen.count)]) }
        func places(_ part: [String]) -> String { part.map { _ in "?" }.joined(separator: ", ") }
        var total = 0
        for part in parts {
            total +=
                try Int.fetchOne(
                    source.database, sql: "SELECT count(*) \(source.rows) AND \(name) IN (\(places(part)))",
                    arguments: StatementArguments(part)) ?? 0
        }
        walk.every = max(1, (total + mostRows - 1) / mostRows)
        for part in parts {
            let rows = try Row.fetchCursor(
                source.database,
                // Without its `Z`, a time with a fraction sorts after the whole second.
                sql: """
                    SELECT \(name), event_time, run, late, version, features \(source.rows) AND \(name) IN (\(places(part)))
                    ORDER BY \(name), rtrim(event_time, 'Z') DESC
                    """, arguments: StatementArguments(part))
            while let row = try rows.next() { try walk.add(row) }
        }
        return try walk.finding()
    }
}

/// Rows of machines, each machine's newest first, so that an end is met before the rows it is the end of.
private struct LifeWalk {
    private static let batch = 4_096

    private struct Waiting {
        var values: [Float] = []
        var truths: [Float] = []
        var machines: [Int] = []
    }

    let source: ReportSource
    let ends: FailureEnds
    let step: Int64
    var every = 1
    private var unit: String?
    private var machine = 0
    private var course = LifeCourse()
    private var known = 0
    private var seen = 0
    private var other = 0
    private var waiting: [Int64: Waiting] = [:]
    private var models: [Int64: LifeModel?] = [:]
    private var comparison: LifeComparison?

    init(source: ReportSource, ends: FailureEnds, step: Int64) { (self.source, self.ends, self.step) = (source, ends, step) }

    mutating func add(_ row: Row) throws {
        let name = ReportSource.text(row[0])
        if name != unit {
            (unit, course) = (name, LifeCourse())
            machine += 1
        }
        guard let time = Timestamp(iso8601: row["event_time"] as String)?.microseconds else { return }
        let data: Data? = row["features"]
        let readings = PackedFeatures.values(data, at: [0])[0]
        course.step(
            back: time, readings: readings, isPlain: (row["late"] as Int) == 0 && (row["version"] as Int) == 1,
            isFailure: ends.times[name]?.contains(time) == true)
        guard let end = course.end else { return }
        let run: Int64 = row["run"]
        if let learnt = source.learntBy[run], time <= learnt.microseconds {
            seen += 1
            return
        }
        known += 1
        guard known % every == 0 else { return }
        let values = PackedFeatures.unpack(data)
        guard let model = try model(ofRun: run), values.count == model.featureNames.count else {
            other += 1
            return
        }
        waiting[run, default: Waiting()].values += values
        waiting[run, default: Waiting()].truths.append(Float(Double(end - time) / Double(step)))
        waiting[run, default: Waiting()].machines.append(machine)
        if waiting[run]?.truths.count == Self.batch { try settle(run) }
    }

    private mutating func model(ofRun run: Int64) throws -> LifeModel? {
        if let known = models[run] { return known }
        let model = try source.model(ofRun: run)
        let life = model as? LifeModel ?? (model as? CalibratedClassifier)?.model as? LifeModel
        models[run] = .some(life)
        return life
    }

    private mutating func settle(_ run: Int64) throws {
        guard let own = waiting.removeValue(forKey: run), let model = try model(ofRun: run), !own.truths.isEmpty else { return }
        let matrix = FeatureMatrix(featureCount: model.featureNames.count, values: own.values)
        let lives = try model.lives(of: matrix), width = lives.count / own.truths.count
        let quantiles = model.regressor.quantiles
        var result = comparison ?? LifeComparison(cap: model.cap, stated: width == 3 ? quantiles[1] - quantiles[0] : nil)
        guard model.cap == result.cap, width == 3 || result.stated == nil else {
            other += own.truths.count
            return
        }
        for row in own.truths.indices {
            let place = row * width
            let interval = width == 3 ? min(lives[place + 1], lives[place + 2])...max(lives[place + 1], lives[place + 2]) : 0...0
            result.add(truth: own.truths[row], predicted: lives[place], interval: interval, machine: own.machines[row])
        }
        comparison = result
    }

    mutating func finding() throws -> Shown<LifeComparison> {
        for run in waiting.keys.sorted() { try settle(run) }
        if var comparison {
            comparison.every = every
            return .shown(comparison)
        }
        if other > 0 {
            return .missing(
                "The rows of machines that failed were scored by rules, or by a model that predicts no life (`family: life` does).")
        }
        if seen > 0 {
            return .missing(
                "All \(Quantity.count(seen, "row")) of lives that ended are of the time that the model was trained on: they prove nothing.")
        }
        return .missing("No row of a machine that failed is stored with its features.")
    }
}
