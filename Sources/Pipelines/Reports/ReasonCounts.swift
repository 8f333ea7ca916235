import GRDB
import Records

/// The reasons that review items name, by how many items name them.
package struct ReasonCounts: Sendable {
    /// Different reasons told apart; what comes later counts as others.
    static let most = 5_000

    package struct Reason: Hashable, Sendable {
        package var text: String
        package var items = 0
        /// Of those decided as to what they were: all, and the positive ones.
        package var decided = 0
        package var positives = 0
    }

    package private(set) var items = 0
    /// Items with a reason that is not told apart any more.
    package private(set) var others = 0
    /// Most items first.
    package var reasons: [Reason] { counts.values.sorted { ($0.items, $1.text) > ($1.items, $0.text) } }
    private var counts: [String: Reason] = [:]

    package init() {}

    package mutating func add(_ reasons: [String], found: Bool?) {
        items += 1
        var isOther = false
        for form in Set(reasons.compactMap(Self.form)) {
            guard var own = counts[form] ?? (counts.count < Self.most ? Reason(text: form) : nil) else {
                isOther = true
                continue
            }
            own.items += 1
            own.decided += found == nil ? 0 : 1
            own.positives += found == true ? 1 : 0
            counts[form] = own
        }
        others += isOther ? 1 : 0
    }

    /// A reason without the numbers of its row; nil for what is no reason but the model's own saying, such as the life left.
    package static func form(_ text: String) -> String? {
        for said in ["life left: ", "repair by ", "repair now: ", "no repair needs planning", "kind: "] where text.hasPrefix(said) {
            return nil
        }
        if let colon = text.lastRange(of: ": "), Double(text[colon.upperBound...]) != nil { return String(text[..<colon.lowerBound]) }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { Double($0) == nil ? String($0) : "…" }
            .joined(separator: " ")
    }

    /// Items that were drawn into the audit sample are left out: they are there for no reason.
    static func read(_ source: ReportSource) throws -> Shown<ReasonCounts> {
        var counts = ReasonCounts()
        let rows = try Row.fetchCursor(
            source.database,
            sql: """
                SELECT i.reasons, (
                    SELECT positive FROM pipeline_decisions WHERE item = i.id AND decided <= ?2 ORDER BY id DESC LIMIT 1) AS found
                FROM pipeline_review_items AS i
                WHERE i.job = ?1 AND i.kind = 'row' AND i.created <= ?2 AND i.sample_probability IS NULL
                """, arguments: [source.job.name, source.now.microseconds])
        while let row = try rows.next() {
            let reasons = (try row.json("reasons", table: "pipeline_review_items").elements ?? []).compactMap(\.string)
            counts.add(reasons, found: row["found"])
        }
        return counts.items > 0 ? .shown(counts) : .missing("No item was queued for a reason yet.")
    }
}

extension String {
    fileprivate func lastRange(of text: String) -> Range<Index>? {
        var found: Range<Index>?
        var rest = self[...]
        while let next = rest.firstRange(of: text) {
            found = next
            rest = self[next.upperBound...]
        }
        return found
    }
}
