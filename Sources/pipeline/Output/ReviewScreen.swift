import Pipelines
import Records

/// An item as a person sees it: at most 100 columns, the decisive things first.
struct ReviewScreen {
    let view: ReviewView
    let terminal: Terminal

    private var item: ReviewItem { view.item }
    private var width: Int { max(60, min(terminal.width ?? 100, 100)) }

    var text: String {
        var parts = [header, verdict]
        if !item.reasons.isEmpty { parts.append(section("Why", item.reasons.enumerated().map(reason).joined())) }
        if !item.fields.isEmpty { parts.append(section(item.kind == .row ? "The row" : "The delivery", row)) }
        parts += evidence
        if let draft = view.draft { parts.append(section("Drafted note", note(draft))) }
        parts.append(section("Decisions", decisions))
        return parts.joined(separator: "\n")
    }

    private func section(_ title: String, _ body: String) -> String { terminal.styled(title, .bold) + "\n" + body }

    // MARK: Top

    private var header: String {
        let left = "Item \(item.id)"
        let middle = "  \(item.job), key \(DisplayWidth.visible(ReviewView.keyText(item.key)))"
        let right = view.claimedBy.map { "\(view.status) by \($0)" } ?? view.status
        let room = width - DisplayWidth.of(left) - DisplayWidth.of(right) - 2
        let shown = DisplayWidth.pad(DisplayWidth.cut(middle, to: room), to: room)
        let isLate = view.entry.state.isOverdue(at: view.now)
        return terminal.styled(left, .bold) + shown + "  " + terminal.styled(right, .bold, isLate ? .red : .cyan) + "\n"
            + terminal.styled(String(repeating: "─", count: width), .dim) + "\n"
    }

    private var verdict: String {
        guard item.kind == .row else {
            return line("kind", "\(item.kind.rawValue), \(item.cause)") + line("suggested", terminal.styled(item.suggested, .bold))
                + line("due", item.due.iso8601)
        }
        var text = ""
        if let score = item.score {
            let filled = Int((min(max(score, 0), 1) * 30).rounded())
            let bar = terminal.styled(String(repeating: "█", count: filled), score >= 0.5 ? .red : .yellow)
            text += line(
                "score", "\(Quantity.decimal(score, 3))  \(bar)\(terminal.styled(String(repeating: "░", count: 30 - filled), .dim))")
        } else {
            text += line("score", "none")
        }
        text += line("at stake", terminal.styled(Quantity.money(item.value), .bold))
        text += line("suggested", terminal.styled(item.suggested, .bold) + "  (here because \(cause))")
        text += line("until then", item.interim + (item.isOverCapacity ? "  (over the day's capacity)" : ""))
        return text + line("due", "\(item.due.iso8601), then \(item.onOverdue)")
    }

    private var cause: String {
        if let probability = item.sampleProbability {
            return "it was drawn into the audit sample, with probability \(Quantity.share(probability))"
        }
        switch item.cause {
        case "cost": return "asking is cheaper than guessing"
        case "no-model": return "there is no model yet, and the rules are suspicious"
        case "beyond-promise": return "the model alone may not clear it: beyond what is promised"
        case "no-promise": return "no model keeps the promise yet: people decide"
        case "deadline": return "the run's deadline had passed"
        case "correction": return "the row was corrected"
        default: return item.cause.hasPrefix("rule: ") ? "of the rule \(item.cause.dropFirst(6))" : item.cause
        }
    }

    private func line(_ label: String, _ value: String) -> String {
        "  \(terminal.styled(DisplayWidth.pad(label, to: 10), .dim))  \(value)\n"
    }

    // MARK: Middle

    private func reason(_ number: Int, _ text: String) -> String {
        DisplayWidth.wrap(DisplayWidth.visible(text), to: width - 5).enumerated().map { index, line in
            (index == 0 ? "  \(number + 1)  " : "     ") + line + "\n"
        }.joined()
    }

    /// The row's own columns, two side by side where they fit.
    private var row: String {
        let cells = item.fields.map { (label: $0.name, value: DisplayWidth.visible($0.value ?? "-")) }
        let labelWidth = cells.map { DisplayWidth.of($0.label) }.max() ?? 0
        let half = (width - 4) / 2
        let isNarrow = cells.contains { labelWidth + 2 + DisplayWidth.of($0.value) > half }
        let rendered = cells.map { cell in
            let label = DisplayWidth.pad(cell.label, to: labelWidth)
            let value = DisplayWidth.cut(cell.value, to: (isNarrow ? width - 2 : half) - labelWidth - 2)
            return (text: "\(terminal.styled(label, .dim))  \(value)", width: labelWidth + 2 + DisplayWidth.of(value))
        }
        if isNarrow { return rendered.map { "  \($0.text)\n" }.joined() }
        return stride(from: 0, to: rendered.count, by: 2).map { index in
            let left = rendered[index]
            guard index + 1 < rendered.count else { return "  \(left.text)\n" }
            return "  \(left.text)\(String(repeating: " ", count: max(0, half - left.width)))\(rendered[index + 1].text)\n"
        }.joined()
    }

    /// Tables of earlier rows; two stand side by side where they fit.
    private var evidence: [String] {
        let blocks = item.evidence.map { course($0) ?? block($0) }
        guard blocks.count == 2, blocks[0].width + 4 + blocks[1].width <= width else {
            return blocks.map { $0.lines.joined(separator: "\n") + "\n" }
        }
        let (left, right) = (blocks[0], blocks[1])
        let lines = (0..<max(left.lines.count, right.lines.count)).map { index in
            let first = index < left.lines.count ? left.lines[index] : ""
            guard index < right.lines.count else { return first }
            return first + String(repeating: " ", count: left.width + 4 - (index < left.widths.count ? left.widths[index] : 0))
                + right.lines[index]
        }
        return [lines.joined(separator: "\n") + "\n"]
    }

    private struct Block {
        var lines: [String]
        /// Of each line, without styles.
        var widths: [Int]
        var width: Int { widths.max() ?? 0 }
    }

    /// The course of a machine's sensors or of a control chart in a line each; nil for another table.
    private func course(_ evidence: Evidence) -> Block? {
        let lines: [String]
        if let curves = EvidenceCurves(evidence), curves.isCourse {
            lines = Sparkline.lines(curves, room: width - 2)
        } else if let chart = EvidenceChart(evidence, among: item.evidence) {
            lines = Sparkline.lines(chart, room: width - 2)
        } else {
            return nil
        }
        let title = DisplayWidth.visible(evidence.title.prefix(1).uppercased() + evidence.title.dropFirst())
            .replacing(", newest first", with: ", newest at the right")
        let indented = lines.map { "  " + $0 }
        return Block(lines: [terminal.styled(title, .bold)] + indented, widths: ([title] + indented).map(DisplayWidth.of))
    }

    /// Columns without a single value are left out.
    private func block(_ evidence: Evidence) -> Block {
        func value(_ row: [String], _ column: Int) -> String { column < row.count ? row[column] : "" }
        let columns = evidence.columns.indices.filter { column in evidence.rows.contains { !value($0, column).isEmpty } }
        let table = Table(
            columns: columns.map { column in
                .init(evidence.columns[column], evidence.rows.allSatisfy { Self.isNumber(value($0, column)) } ? .number : .text)
            },
            rows: evidence.rows.map { row in columns.map { .text(value(row, $0)) } })
        let title = DisplayWidth.visible(evidence.title.prefix(1).uppercased() + evidence.title.dropFirst())
        let styled = table.text(Terminal(isTerminal: terminal.isTerminal, width: nil, hasColor: terminal.hasColor), indent: "  ")
        let plain = table.text(.plain, indent: "  ")
        func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
        let rows = evidence.rows.isEmpty ? ["  none"] : lines(styled)
        let widths = evidence.rows.isEmpty ? [6] : lines(plain).map(DisplayWidth.of)
        return Block(lines: [terminal.styled(title, .bold)] + rows, widths: [DisplayWidth.of(title)] + widths)
    }

    /// `12`, `27.15`, `27.15 EUR`, or nothing.
    private static func isNumber(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        return text.isEmpty || words.count <= 2 && Double(words[0]) != nil && (words.count == 1 || Currency(String(words[1])) != nil)
    }

    // MARK: Bottom

    /// What a model drafted, to be edited and given as the reason.
    private func note(_ draft: KeptDraft) -> String {
        func lines(_ text: String, indent: Int) -> [String] { DisplayWidth.wrap(DisplayWidth.visible(text), to: width - indent) }
        let head = "draft \(draft.id) by \(draft.model), \(draft.drafted.iso8601), from \(draft.cited.joined(separator: ", "))"
        let isSigned = view.entry.decisions.contains { $0.draft == draft.id }
        let hint = isSigned ? "signed by the decision below" : "nobody has signed it: edit it and give it as the reason"
        let body = draft.text.split(whereSeparator: \.isNewline).flatMap { lines(String($0), indent: 4) }
        return (lines(head, indent: 2) + [hint]).map { "  \(terminal.styled($0, .dim))\n" }.joined()
            + body.map { "    \($0)\n" }.joined()
    }

    private var decisions: String {
        if view.entry.decisions.isEmpty { return "  none yet\n" }
        return view.entry.decisions.map { decision in
            let word = view.choices?.word(decision.isPositive).map { " (\($0))" } ?? ""
            let took = decision.seconds.map { ", took \(Quantity.seconds($0))" } ?? ""
            let replaced = decision.supersedes.map { ", supersedes decision \($0)" } ?? ""
            let amount = decision.amount.map { " \($0)" } ?? ""
            let head =
                "  \(terminal.styled(decision.outcome + amount + word, .bold))  \(Timestamp(microseconds: decision.decided).iso8601)  "
                + "\(decision.person)\(took)\(replaced)\n"
            let signature = ReviewView.signature(decision).map { "    \(terminal.styled($0, .dim))\n" } ?? ""
            return head + DisplayWidth.wrap(DisplayWidth.visible(decision.reason), to: width - 4).map { "    \($0)\n" }.joined() + signature
        }.joined()
    }
}
