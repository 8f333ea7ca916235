import Foundation
import GRDB
import Models
import Records

extension ControlHistory {
    static func read(_ source: ReportSource, model: (run: RunRecord, classifier: any Classifier)?) throws -> Shown<ControlHistory> {
        let names = QualityNames(source.job.stage)
        guard !names.charts.isEmpty else { return .missing("The job charts nothing: no column stands under `charts`.") }
        guard let model, !model.classifier.preparation.isEmpty else {
            return .missing("There is no model yet, so no chart has limits.")
        }
        let stage = try QualityStage(configuration: source.job.stage, schema: source.job.main.schema)
        do throws(Failure) { try stage.prepare(model.classifier.preparation) } catch {
            return .missing("The charts of the job file are not those that the model learnt limits for.")
        }
        guard let groups = ChartedGroups(source, stage: stage, names: names) else {
            return .missing(
                "Results do not say which group a row is of: name `\(source.job.stage.text("group") ?? "")` under `inputs` or in the key.")
        }
        return try ChartWalk(source: source, names: names, stage: stage, groups: groups, run: model.run).finding()
    }
}

/// Which group a stored row is of: a column of the key, or an input.
private struct ChartedGroups {
    /// Of the group's column in the key; nil = it is not there.
    let column: String?
    /// Place among the features; nil = not among them.
    let input: Int?
    let isText: Bool
    let isOne: Bool
    private let stage: QualityStage

    /// Nil where the group is stored nowhere.
    init?(_ source: ReportSource, stage: QualityStage, names: QualityNames) {
        self.stage = stage
        column = source.keyColumn("group")
        isOne = source.job.stage.text("group") == nil
        input = source.job.stage.text("group").flatMap { names.inputs.firstIndex(of: $0) }
        let schema = source.job.main.schema
        isText = input.flatMap { schema.index(of: names.inputs[$0]) }.map { schema.fields[$0].type == .string } ?? false
        guard isOne || column != nil || input != nil else { return nil }
    }

    /// The group's name; nil for a row whose group is not known.
    func name(_ row: Row, _ value: Float) -> String? {
        if isOne { return "" }
        if column != nil { return ReportSource.text(row["group"]) }
        guard let place = Int(exactly: value) else { return nil }
        return isText ? stage.name(ofText: place, input: input ?? 0) : String(place)
    }
}

/// Two passes over the rows: which charts signalled most, and their course.
private struct ChartWalk {
    let source: ReportSource
    let names: QualityNames
    let stage: QualityStage
    let groups: ChartedGroups
    let run: RunRecord

    private struct Tally { var (readings, signals) = (0, 0) }

    /// Runs of the model whose limits are shown.
    private var runs: String {
        source.runs.values.filter { $0.model == run.model && $0.modelVersion == run.modelVersion }.map { "\($0.id)" }.sorted()
            .joined(separator: ", ")
    }

    private var places: [Int] {
        let all = names.inputs + names.derived.map(\.name)
        let values = names.charts.map { all.firstIndex(of: $0) ?? -1 }
        return [groups.input ?? -1] + values + names.charts.indices.map { names.pieceCount + 2 + $0 }
    }

    private func rows(_ order: String) throws -> RowCursor {
        try Row.fetchCursor(
            source.database,
            sql: """
                SELECT event_time, features, \(groups.column.map(ResultTable.quoted) ?? "NULL") AS "group" \(source.rows)
                AND run IN (\(runs)) AND late = 0 AND version = 1 \(order)
                """)
    }

    private func limits(_ chart: Int, _ group: String) -> ControlLimits? {
        stage.limits(ofChart: chart, group: groups.isOne ? 0 : RecordKey.hash(group))
    }

    /// Readings and signals of each chart of each group.
    private func tallies() throws -> [String: [Tally]] {
        var tallies: [String: [Tally]] = [:]
        let (places, count) = (places, names.charts.count)
        let cursor = try rows("")
        while let row = try cursor.next() {
            let values = PackedFeatures.values(row["features"], at: places)
            guard let group = groups.name(row, values[0]) else { continue }
            guard var own = tallies[group] ?? (tallies.count < ControlHistory.mostGroups ? [Tally](repeating: Tally(), count: count) : nil)
            else { continue }
            for chart in 0..<count where values[1 + chart].isFinite {
                own[chart].readings += 1
                if values[1 + count + chart] > 0 { own[chart].signals += 1 }
            }
            tallies[group] = own
        }
        return tallies
    }

    func finding() throws -> Shown<ControlHistory> {
        let tallies = try tallies()
        var all: [(group: String, chart: Int, tally: Tally)] = []
        for group in tallies.keys.sorted() {
            for (chart, tally) in (tallies[group] ?? []).enumerated() where tally.readings > 0 && limits(chart, group) != nil {
                all.append((group, chart, tally))
            }
        }
        guard !all.isEmpty else { return .missing("No row of a chart with limits is stored with its features.") }
        let chosen = all.enumerated().sorted {
            ($0.element.tally.signals, $0.element.tally.readings, $1.offset) > (
                $1.element.tally.signals, $1.element.tally.readings, $0.offset
            )
        }.prefix(ControlHistory.mostCharts).map(\.element)
        var charts = chosen.compactMap { own in
            limits(own.chart, own.group).map { limits in
                ControlHistory.Chart(
                    measurement: names.charts[own.chart], group: groups.isOne ? nil : own.group, limits: limits,
                    points: own.tally.readings / limits.subgroup)
            }
        }
        let (places, count) = (places, names.charts.count)
        let key = source.key.map(ResultTable.quoted).joined(separator: ", ")
        let cursor = try rows("ORDER BY rtrim(event_time, 'Z'), \(key)")
        while let row = try cursor.next() {
            let values = PackedFeatures.values(row["features"], at: places)
            guard let group = groups.name(row, values[0]), let time = Timestamp(iso8601: row["event_time"] as String) else { continue }
            for (place, own) in chosen.enumerated() where own.group == group {
                let signals = ControlChart.Signals(rawValue: Int(exactly: values[1 + count + own.chart]) ?? 0)
                charts[place].add(Double(values[1 + own.chart]), signals: signals, at: time)
            }
        }
        let others =
            try Int.fetchOne(source.database, sql: "SELECT count(*) \(source.rows) AND run NOT IN (\(runs))") ?? 0
        return .shown(ControlHistory(charts: charts, total: all.count, otherRows: others))
    }
}
