import Pipelines
import Records

/// What came of simulated fleets under several policies, for people and programs.
enum FleetView {
    static func table(_ report: FleetReport) -> Table {
        let columns: [Table.Column] =
            [.init("policy"), .init("failures", .number)] + limits("failures", .number)
            + [.init("repairs", .number), .init("inspections", .number), .init("standing_hours", .number)]
            + limits("standing_hours", .number) + [.init("life_used", .number)] + limits("life_used", .number)
            + [.init("cost", .money), .init("cost_low", .money), .init("cost_high", .money)]
            + [.init("life_thrown", .money, hidden: true)]
            + [.init("saved", .money), .init("saved_low", .money), .init("saved_high", .money)]
            + [.init("age_hours", .number, hidden: true), .init("seeds", .number, hidden: true)]
        return Table(columns: columns, rows: report.rows.map { row in cells(row, report) })
    }

    private static func limits(_ name: String, _ kind: Table.Column.Kind) -> [Table.Column] {
        [.init(name + "_low", kind, hidden: true), .init(name + "_high", kind, hidden: true)]
    }

    private static func cells(_ row: FleetReport.Row, _ report: FleetReport) -> [Cell] {
        func reals(_ figure: FleetReport.Figure) -> [Cell] { [figure.mean, figure.lower, figure.upper].map(real) }
        func real(_ value: Double?) -> Cell { value.map { .real($0, decimals: 2) } ?? .missing }
        func whole(_ value: Double?) -> Cell { value.map { .real($0, decimals: 0) } ?? .missing }
        func share(_ value: Double?) -> Cell { value.map { .share($0) } ?? .missing }
        func money(_ value: Double?) -> Cell { value.map { .money(report.money($0)) } ?? .missing }
        let isBase = row.policy == .atFailure
        var age: Int?
        if case .age(let hours) = row.policy { age = hours ?? report.bestAge }
        return [.text(row.policy.name)] + reals(row.failures) + [real(row.repairs.mean), real(row.inspections.mean)]
            + [row.standingHours.mean, row.standingHours.lower, row.standingHours.upper].map(whole)
            + [row.lifeUsed.mean, row.lifeUsed.lower, row.lifeUsed.upper].map(share)
            + [row.cost.mean, row.cost.lower, row.cost.upper, row.lifeThrown.mean].map(money)
            + [row.saved.mean, row.saved.lower, row.saved.upper].map { isBase ? .missing : money($0) }
            + [age.map { .count($0) } ?? .missing, .count(report.configuration.seeds.count)]
    }

    static func notes(_ report: FleetReport) -> [String] {
        let configuration = report.configuration
        let seeds = configuration.seeds.count == 1 ? "one seed" : "\(configuration.seeds.count) seeds"
        var notes = [
            "\nA machine-year each, means over \(seeds) of \(Quantity.count(configuration.machines)) machines over "
                + "\(Quantity.count(configuration.days)) days, read every \(report.every) hours, with 95 % limits; saved: against "
                + "at-failure, seed by seed.",
            "A repair costs \(Quantity.money(report.repairCost)), planned or not, a failure \(Quantity.money(report.failureCost)) besides, an inspection "
                + "\(Quantity.money(report.inspectionCost)); a machine stands \(configuration.repairHours) hours for a planned repair, "
                + "\(configuration.failureHours) after a failure.",
        ]
        if let model = report.model { notes.append("Model: \(model).") }
        if configuration.policies.contains(.age(nil)) {
            notes.append(
                report.bestAge.map {
                    "age repairs after \(Quantity.count($0)) hours of use, the cheapest on 1,500 lives of other machines."
                }
                    ?? "age waits for the failure: on 1,500 lives of other machines no age was cheaper.")
        }
        return notes
    }
}
