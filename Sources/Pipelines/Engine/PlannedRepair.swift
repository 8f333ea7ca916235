import Models
package import Records

/// The cheapest plan for a unit in words, for its review item.
struct PlannedRepair {
    let plan: LifePlan
    let time: Int64
    let step: Int64
    let currency: Currency

    private func money(_ amount: Double) -> Money {
        Money(minor: Int64(min(max(amount, 0), 1e17).rounded()), currency: currency)
    }

    /// The date is the last whole step before it would be too late.
    var text: String {
        let costs = "now \(money(plan.atOnce)), at failure \(money(plan.atFailure))"
        guard let steps = plan.steps else { return "no repair needs planning yet (waiting costs \(money(plan.expected)); \(costs))" }
        let saving = money(min(plan.atOnce, plan.atFailure) - plan.expected)
        let whole = Int64(steps)
        guard whole > 0 else { return "repair now: \(money(plan.atOnce)) of life lost expected, \(money(plan.atFailure)) at failure" }
        // A step may be a year: what no date holds is told in steps.
        let (span, isBeyond) = whole.multipliedReportingOverflow(by: step)
        let date = isBeyond || span > 100 * 366 * 86_400_000_000 ? "the end of its life" : Timestamp(microseconds: time + span).iso8601
        return "repair by \(date) (\(whole) steps on): \(money(plan.expected)) expected, saves \(saving) (\(costs))"
    }
}

/// What a planned repair said, read back from an item's reasons.
package struct PlannedRepairText: Hashable, Sendable {
    /// By when to repair; nil = at once, or at a time that no date holds.
    package let date: Timestamp?
    package let isAtOnce: Bool
    /// As written, with its currency; nil where the item states none.
    package let saving: String?

    /// Nil where no reason plans a repair.
    package init?(reasons: [String]) {
        if let text = reasons.first(where: { $0.hasPrefix("repair by ") }) {
            let rest = text.dropFirst(10)
            date = rest.firstRange(of: " (").flatMap { Timestamp(iso8601: rest[..<$0.lowerBound]) }
            isAtOnce = false
            saving = text.firstRange(of: ", saves ").flatMap { start in
                text[start.upperBound...].firstRange(of: " (").map { String(text[start.upperBound..<$0.lowerBound]) }
            }
        } else if reasons.contains(where: { $0.hasPrefix("repair now: ") }) {
            (date, isAtOnce, saving) = (nil, true, nil)
        } else {
            return nil
        }
    }
}

extension Policy {
    /// What a failure in service and a needless repair of a row cost, in minor units: the dearest outcome that costs where the row is
    /// positive, and the cheapest that costs where it is not; nil when the job has not both.
    func lifeCosts(batch: RecordBatch, row: Int) -> (failure: Double, repair: Double)? {
        var (failure, repair): (Double?, Double?) = (nil, nil)
        for index in outcomes.indices where UInt8(index) != reviewOutcome {
            let (lost, needless) = (
                cost(index, batch: batch, row: row, probability: 1), cost(index, batch: batch, row: row, probability: 0)
            )
            if isFree(index) { failure = max(failure ?? 0, lost) } else if needless > 0 { repair = min(repair ?? needless, needless) }
        }
        guard let failure, let repair else { return nil }
        return (failure, repair)
    }
}
