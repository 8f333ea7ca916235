import Pipelines
import Records

/// An item as data.
struct ReviewView {
    let entry: ReviewEntry
    /// Nil where the job file of the day cannot be read any more.
    let choices: ReviewChoices?
    /// The newest note that a model drafted.
    var draft: KeptDraft?
    let now: Timestamp

    var item: ReviewItem { entry.item }

    static func table(_ entries: [ReviewEntry], now: Timestamp) -> Table {
        Table(
            columns: [
                .init("item", .number), .init("kind", hidden: entries.allSatisfy { $0.item.kind == .row }), .init("job", hidden: true),
                .init("queue"), .init("key"), .init("event_time", hidden: true),
                .init("score", .number),
                .init("value", .money), .init("cause"), .init("suggested"), .init("due"), .init("status"),
                .init("claimed_by", hidden: true),
            ],
            rows: entries.map { entry in
                let item = entry.item, view = ReviewView(entry: entry, choices: nil, now: now)
                return [
                    .identifier(item.id), .text(item.kind.rawValue), .text(item.job), .text(item.queue), .text(keyText(item.key)),
                    .time(item.eventTime), item.score.map { .real($0, decimals: 3) } ?? .missing, view.value, .text(item.cause),
                    .text(item.suggested),
                    .time(item.due), .text(view.status), .text(view.claimedBy),
                ]
            })
    }

    /// Nothing is at stake in money where the item is not about a row.
    private var value: Cell { item.kind == .row ? .money(item.value) : .missing }

    /// Columns of a key are stored with a separator that nobody can read.
    static func keyText(_ key: String) -> String {
        key.split(separator: "\u{1F}", omittingEmptySubsequences: false).joined(separator: " / ")
    }

    /// `open`, `overdue`, `claimed`, `superseded by item 9`, or the outcome decided.
    var status: String {
        switch entry.state.phase(at: now) {
        case .open: entry.state.isOverdue(at: now) ? "overdue" : entry.state.putOff == nil ? "open" : "waiting"
        case .claimed: entry.state.isOverdue(at: now) ? "claimed, overdue" : "claimed"
        case .decided: "decided: \(entry.state.decision?.outcome ?? "")"
        case .superseded(let item): "superseded by item \(item)"
        }
    }

    var claimedBy: String? {
        if case .claimed(let claim) = entry.state.phase(at: now) { "\(claim.person)" } else { nil }
    }

    private var run: Cell { item.run == 0 ? .missing : .identifier(item.run) }

    private var facts: [Details.Field] {
        [
            .init("item", .identifier(item.id)), .init("kind", .text(item.kind.rawValue)), .init("job", .text(item.job)),
            .init("queue", .text(item.queue)),
            .init("key", .text(Self.keyText(item.key))), .init("version", .identifier(item.version)), .init("run", run),
            .init("status", .text(status)), .init("claimed_by", .text(claimedBy)), .init("event_time", .time(item.eventTime)),
            .init("score", item.score.map { .real($0, decimals: 3) } ?? .missing), .init("value", value),
            .init("cause", .text(item.cause)), .init("suggested", .text(item.suggested)), .init("interim", .text(item.interim)),
            .init("effective_outcome", .text(entry.state.effectiveOutcome(at: now))), .init("over_capacity", .bool(item.isOverCapacity)),
            .init("sample_probability", item.sampleProbability.map { .real($0, decimals: 6) } ?? .missing), .init("due", .time(item.due)),
            .init("on_overdue", .text(item.onOverdue)),
        ]
    }

    var details: Details {
        var fields = facts
        let evidence = item.evidence.map { table in
            JSONValue.object([
                .init("title", .text(table.title)), .init("columns", .array(table.columns.map { .text($0) })),
                .init("rows", .array(table.rows.map { .array($0.map { .text($0) }) })),
            ])
        }
        fields += [
            .init("outcomes", .list(choices?.outcomes ?? [])), .init("reasons", .list(item.reasons)),
            .init("fields", .nested("", .object(item.fields.map { .init($0.name, .optional($0.value)) }))),
            .init("evidence", .nested("", .array(evidence))),
            .init("draft", .nested("", draft.map { .object(Self.members(Self.draft($0))) } ?? .null)),
            .init("decisions", .nested("", .array(entry.decisions.map { .object(Self.members(decision($0))) }))),
        ]
        return Details(fields)
    }

    private static func draft(_ draft: KeptDraft) -> [Details.Field] {
        [
            .init("draft", .identifier(draft.id)), .init("model", .text(draft.model)), .init("drafted", .time(draft.drafted)),
            .init("text", .text(draft.text)), .init("cites", .list(draft.cited)),
        ]
    }

    /// `signed from draft 3, edited`; nil where a person wrote the reason.
    static func signature(_ decision: ReviewDecision) -> String? {
        decision.draft.map { "signed from draft \($0), \(decision.isDraftEdited == true ? "edited" : "unchanged")" }
    }

    /// A decision as fields.
    func decision(_ decision: ReviewDecision) -> [Details.Field] {
        [
            .init("decision", .identifier(decision.id)), .init("item", .identifier(decision.item)),
            .init("outcome", .text(decision.outcome)),
            .init("amount", decision.amount.map { .nested($0.description, .real($0.amount)) } ?? .missing),
            .init("says", .text(choices?.word(decision.isPositive) ?? decision.isPositive.map { $0 ? "positive" : "negative" })),
            .init("reason", .text(decision.reason)), .init("by", .text("\(decision.person)")),
            .init("decided", .time(Timestamp(microseconds: decision.decided))),
            .init("took", decision.seconds.map { .seconds($0) } ?? .missing),
            .init("supersedes", decision.supersedes.map { .identifier($0) } ?? .missing),
            .init("signature", .text(Self.signature(decision))),
        ]
    }

    private static func members(_ fields: [Details.Field]) -> [JSONValue.Member] { fields.map { .init($0.name, $0.cell.json) } }

    /// The last decision, just made.
    var decisionDetails: Details {
        guard let last = entry.decisions.last else { return Details([]) }
        let label = choices?.word(last.isPositive).map { ", which says \($0)" } ?? ""
        return Details(title: "Item \(item.id) decided: \(last.outcome)\(label)", decision(last))
    }
}
