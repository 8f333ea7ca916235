package import Records

/// Wording of why an item cannot be shown, claimed or decided.
extension Failure {
    package static func reviewItemMissing(_ id: Int64) -> Failure {
        Failure(
            .usage, code: "review.item-missing", what: "there is no such review item", found: "\(id)", expected: "the number of an item",
            remedy: "`pipeline review list` shows them.")
    }

    /// A backdated decision would become a label that a replay then takes for known.
    package static func reviewBackdated(item: Int64, at now: Timestamp, notBefore: Timestamp) -> Failure {
        Failure(
            .usage, code: "review.backdated", what: "a decision cannot be dated before what it decides", place: "item \(item)",
            found: now.iso8601, expected: "\(notBefore.iso8601) or later", remedy: "Leave `--clock` out, or give a later time.")
    }

    package static func review(_ refusal: ReviewItemState.Refusal, item: Int64, outcomes: [String]) -> Failure {
        let place = "item \(item)"
        switch refusal {
        case .claimed(let claim):
            return Failure(
                .tryAgain, code: "review.claimed", what: "somebody else is looking at this item", place: place,
                found: "claimed by \(claim.person) until \(claim.until.iso8601)",
                remedy: "Take another with `pipeline review next`, or come back then.")
        case .notClaimed:
            return Failure(
                .usage, code: "review.not-claimed", what: "this item is not claimed by you", place: place,
                remedy: "There is nothing to release.")
        case .alreadyDecided(let decision):
            return Failure(
                .usage, code: "review.decided", what: "this item is decided", place: place,
                found: "\(decision.outcome) at \(decision.at.iso8601)",
                remedy: "Decide with --supersede to take its place; the earlier decision stays on record.")
        case .superseded(let newer):
            return Failure(
                .usage, code: "review.superseded", what: "the row was corrected after this item was queued", place: place,
                remedy: "Decide item \(newer), which has the corrected row.")
        case .noReason:
            return Failure(
                .usage, code: "review.no-reason", what: "a decision needs a reason", place: place,
                remedy: "Say in a few words what it rests on, with --reason.")
        case .nothingToReplace:
            return Failure(
                .usage, code: "review.nothing-to-supersede", what: "there is no decision to supersede", place: place,
                remedy: "Decide without --replace.")
        case .unknownOutcome(let outcome):
            let nearest = Nearest.name(to: outcome, among: outcomes).map { "Did you mean '\($0)'?" }
            return Failure(
                .usage, code: "review.unknown-outcome", what: "the policy has no such outcome", place: place, found: "'\(outcome)'",
                expected: outcomes.joined(separator: ", "), remedy: nearest ?? "")
        case .beforeLastDecision(let decision):
            return Failure(
                .failed, code: "review.clock", what: "a decision cannot be earlier than the one it supersedes", place: place,
                expected: "\(decision.at.iso8601) or later", remedy: "Check this machine's clock.")
        }
    }
}
