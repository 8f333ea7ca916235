import PipelineTesting
import Pipelines
import Records
import Testing

@Suite struct ReviewItemStateTests {
    private let lease = Timestamp.Span.hours(1)

    private func state(
        claim: ReviewItemState.Claim? = nil, decision: ReviewItemState.Decided? = nil, newer: Int64? = nil
    ) -> ReviewItemState {
        ReviewItemState(
            interim: "hold", onOverdue: "report", due: .at(2), outcomes: ["clear", "hold", "report"], claim: claim, decision: decision,
            newerItem: newer)
    }

    private func decide(
        _ outcome: String, _ isPositive: Bool? = nil, reason: String = "seen", by person: ReviewPerson = .ann, at now: Timestamp = .at(1),
        replacing: Bool = false
    ) -> ReviewItemState.Event {
        .decide(outcome: outcome, isPositive: isPositive, reason: reason, by: person, at: now, replacing: replacing)
    }

    @Test("the outcome in force: interim, then overdue after the due time, then the decision's")
    func effectiveOutcome() {
        var item = state()
        #expect(item.effectiveOutcome(at: .at(2)) == "hold")
        #expect(!item.isOverdue(at: .at(2)))
        #expect(item.effectiveOutcome(at: Timestamp(microseconds: Timestamp.at(2).microseconds + 1)) == "report")
        item.didDecide(.init(id: 1, outcome: "clear", at: .at(3)))
        #expect(item.effectiveOutcome(at: .at(3)) == "clear")
        #expect(!item.isOverdue(at: .at(9)))
        #expect(!state(newer: 7).isOverdue(at: .at(9)))
    }

    @Test("a lease keeps others out until it ends, and is renewed by its holder")
    func leases() {
        var item = state()
        let first = ReviewItemState.Claim(person: .ann, since: .at(0), until: .at(0) + lease)
        #expect(item.handle(.claim(by: .ann, at: .at(0), lease: lease)) == [.storeClaim(first)])
        #expect(item.phase(at: .at(0)) == .claimed(first))
        let almost = Timestamp(microseconds: first.until.microseconds - 1)
        #expect(item.handle(.claim(by: .bob, at: almost, lease: lease)) == [.refuse(.claimed(first))])
        #expect(item.handle(decide("hold", by: .bob, at: almost)) == [.refuse(.claimed(first))])
        #expect(item.handle(.release(by: .bob, at: almost)) == [.refuse(.claimed(first))])
        let renewed = ReviewItemState.Claim(person: .ann, since: .at(0), until: almost + lease)
        #expect(item.handle(.claim(by: .ann, at: almost, lease: lease)) == [.storeClaim(renewed)])
        #expect(item.phase(at: renewed.until) == .open)
        let taken = ReviewItemState.Claim(person: .bob, since: renewed.until, until: renewed.until + lease)
        #expect(item.handle(.claim(by: .bob, at: renewed.until, lease: lease)) == [.storeClaim(taken)])
        #expect(item.handle(.release(by: .bob, at: taken.since)) == [.dropClaim])
        #expect(item.handle(.release(by: .bob, at: taken.since)) == [.refuse(.notClaimed)])
    }

    @Test("the same account on another host is another person")
    func hosts() {
        var item = state()
        _ = item.handle(.claim(by: .ann, at: .at(0), lease: lease))
        let elsewhere = ReviewPerson(actor: "ann", host: "desk-9")
        guard case .refuse(.claimed) = item.handle(.claim(by: elsewhere, at: .at(0), lease: lease)).first else {
            Issue.record("claimed twice")
            return
        }
    }

    @Test("a decision tells the seconds since its claim, labels what it says, and drops the claim")
    func decision() {
        var item = state(claim: .init(person: .ann, since: .at(1) - .minutes(2), until: .at(5)))
        #expect(
            item.handle(decide("hold", true)) == [
                .appendDecision(seconds: 120, supersedes: nil), .appendLabel(isPositive: true), .dropClaim,
            ])
        var unclaimed = state()
        #expect(unclaimed.handle(decide("hold")) == [.appendDecision(seconds: nil, supersedes: nil)])
        var expired = state(claim: .init(person: .bob, since: .at(0), until: .at(0)))
        #expect(expired.handle(decide("hold")) == [.appendDecision(seconds: nil, supersedes: nil), .dropClaim])
    }

    @Test("a decision needs an outcome of the policy and a reason")
    func refusals() {
        var item = state()
        #expect(item.handle(decide("clera")) == [.refuse(.unknownOutcome("clera"))])
        #expect(item.handle(decide("clear", reason: " \t\n")) == [.refuse(.noReason)])
        #expect(item.handle(decide("clear", replacing: true)) == [.refuse(.nothingToReplace)])
    }

    @Test("a decision is replaced only when asked to, never before its own time, and stays final otherwise")
    func replacing() {
        let before = ReviewItemState.Decided(id: 4, outcome: "clear", at: .at(1))
        var item = state(decision: before, newer: 9)
        #expect(item.handle(decide("hold")) == [.refuse(.alreadyDecided(before))])
        #expect(item.handle(.claim(by: .ann, at: .at(1), lease: lease)) == [.refuse(.alreadyDecided(before))])
        #expect(item.handle(decide("hold", at: .at(0), replacing: true)) == [.refuse(.beforeLastDecision(before))])
        #expect(
            item.handle(decide("hold", false, replacing: true)) == [
                .appendDecision(seconds: nil, supersedes: 4), .appendLabel(isPositive: false),
            ])
    }

    @Test("an item of a corrected row can be neither claimed nor decided")
    func superseded() {
        var item = state()
        item.didSupersede(by: 9)
        #expect(item.phase(at: .at(0)) == .superseded(by: 9))
        #expect(item.handle(.claim(by: .ann, at: .at(0), lease: lease)) == [.refuse(.superseded(by: 9))])
        #expect(item.handle(decide("hold")) == [.refuse(.superseded(by: 9))])
    }

    @Test("after any events: one holder at a time, and a refused event changes nothing")
    func anyEvents() {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var item = state()
            var holder: ReviewItemState.Claim?
            var now = Timestamp.at(0)
            for _ in 0..<40 {
                now = now + .minutes(Int64(Int.random(in: 0..<40, using: &generator)))
                let person: ReviewPerson = Int.random(in: 0..<2, using: &generator) == 0 ? .ann : .bob
                let events: [ReviewItemState.Event] = [
                    .claim(by: person, at: now, lease: lease), .release(by: person, at: now),
                    decide("hold", by: person, at: now, replacing: Int.random(in: 0..<4, using: &generator) == 0),
                ]
                let event = events[min(2, Int.random(in: 0..<9, using: &generator) / 4)]
                let before = item
                let actions = item.handle(event)
                if case .refuse = actions.first {
                    #expect(item == before && actions.count == 1)
                    continue
                }
                if let other = holder, other.person != person, now < other.until, item.decision == nil {
                    Issue.record("seed \(seed): \(event) while \(other) holds")
                }
                for action in actions {
                    switch action {
                    case .storeClaim(let claim): holder = claim
                    case .dropClaim: holder = nil
                    case .appendDecision(_, let supersedes):
                        #expect(supersedes == before.decision?.id)
                        item.didDecide(.init(id: (supersedes ?? 0) + 1, outcome: "hold", at: now))
                    default: break
                    }
                }
                #expect(item.claim == holder)
            }
        }
    }
}
