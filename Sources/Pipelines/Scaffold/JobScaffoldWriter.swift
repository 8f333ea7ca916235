import Connectors
import Records

/// Writes what was guessed as a commented job file.
struct JobScaffoldWriter {
    let head: FileHead
    let roles: ColumnRoles
    let name: String
    let files: String
    var isTable = false
    /// Of the stage `support`; nil = the fraud stage's.
    var support: SupportScaffold?

    /// Stands where a person must choose; `check` finds it, since no column is called so.
    private static let placeholder = "CHANGE_ME"

    var text: String {
        var lines = [
            "# A first job, made by `pipeline new job` from the first \(head.records.count) rows of one file.",
            "# Look at every line with `guess`, then: pipeline check, pipeline run. Keys: docs/reference/job-file.md",
        ]
        let missing = isTable ? [] : self.missing
        if !missing.isEmpty { lines.append("#") }
        lines += missing.map { "# To do: \($0)" }
        lines += ["", "version: 1", "job: \(name)", "# owner: who answers for this job", "# schedule: \"0 2 * * *\"", ""]
        if isTable { return (lines + feed).joined(separator: "\n") + "\n" }
        if let support {
            lines += feed + [""] + support.stage + [""] + support.train + [""] + support.policy
        } else {
            lines += feed + [""] + stage + [""] + train + [""] + policy
        }
        lines += ["", "results: \(name.replacing("-", with: "_"))_scores"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// A sentence for each part that no column plays.
    var missing: [String] { support.map { roles.missingOfAny + $0.missing } ?? roles.missing }

    // MARK: feed

    private var feed: [String] {
        let isPattern = files.contains("*")
        var lines = [
            "feeds:", "  \(name):", isTable ? "    role: table\n    table: \(name.replacing("-", with: "_"))" : "    role: main",
            "    format: csv",
            Self.line("    files: \(Self.yaml(files))", isPattern ? "a date in the file's name; others like it are read too" : nil),
        ]
        if let encoding = head.encoding { lines.append(Self.line("    encoding: \(encoding.name)", encoding.evidence)) }
        // The decimal mark is a matter of each column.
        for setting in head.dialect.settings where setting.name != "decimal" {
            lines.append(Self.line("    \(setting.name): \(setting.value)", setting.evidence))
        }
        lines += head.dialect.alternatives.map { "    # another way to read it: \($0)" }
        lines.append("    columns:")
        lines += roles.columns.map(column)
        if isTable { return lines + tableKey }
        let key = roles.key.map { $0.names.count == 1 ? $0.names[0] : "[\($0.names.joined(separator: ", "))]" }
        lines.append(Self.choice("    key: ", key, roles.key?.evidence, "a column that is different in every row"))
        lines.append(Self.choice("    event-time: ", roles.time?.name, roles.time?.evidence, "a column of type timestamp or date"))
        let late = roles.latenessDays
        lines.append(
            Self.line(
                "    lateness: \(late)d",
                late == 1 ? "the first rows are in order of time, or nearly" : "the first rows are up to \(late) days late"))
        lines.append("    rejects: { limit: 1% }   # of the rows may be unreadable; beyond that the run waits for a person")
        return lines
    }

    private var tableKey: [String] {
        guard let key = roles.key else {
            return ["    # No column differs in every row: rows are known by their file and number, unless `key:` names columns."]
        }
        return [Self.line("    key: [\(key.names.joined(separator: ", "))]", key.evidence)]
    }

    private func column(_ column: ColumnGuess) -> String {
        var parts: [String] = []
        if column.source != column.name { parts.append("from: \(Self.yaml(column.source))") }
        parts.append("type: \(column.type.name)")
        var evidence = column.evidence
        if case .money(let currency) = column.type {
            parts.append("currency: \(currency.code)")
            if let source = column.currencySource { parts.append("currency-from: \(Self.yaml(source))") }
            evidence += "; \(roles.currency.evidence)"
        }
        if let format = column.format { parts.append("format: \(TimeForm.names.contains(format) ? format : "\"\(format)\"")") }
        if !column.declaration.isEmpty { parts.append(column.declaration) }
        if column.type == .timestamp || column.type == .date && column.name == roles.time?.name {
            parts.append("zone: UTC")
            evidence += "; the zone is not in the file"
        }
        if !column.nulls.isEmpty {
            parts.append("nulls: [\(column.nulls.map { "\"\($0.replacing("\\", with: "\\\\"))\"" }.joined(separator: ", "))]")
        }
        let isUsed =
            support != nil
            ? isKeyOrTime(column) || column.name == support?.message?.name
            : isTable ? roles.key?.names.contains(column.name) ?? false : roles.used.contains(column.name)
        if column.missing > 0 {
            if isUsed {
                evidence += "; \(column.missing) of \(column.count) are missing, and such rows become rejects"
            } else {
                parts.append("optional: true")
                evidence += "; \(column.missing) of \(column.count) are missing"
            }
        }
        if column.isPersonal { parts.append("personal: true") }
        if column.name == roles.label?.name, !isTable, support == nil {
            parts += ["role: label", "known-after: 7d"]
            evidence += "; label: \(roles.label?.evidence ?? ""); how soon it is known is not in the file"
        }
        return Self.line("      \(column.name): { \(parts.joined(separator: ", ")) }", evidence)
    }

    private func isKeyOrTime(_ column: ColumnGuess) -> Bool {
        roles.key?.names.contains(column.name) ?? false || column.name == roles.time?.name
    }

    // MARK: stage, train, policy

    private var stage: [String] {
        [
            "# What is computed: features of each card and terminal, and a probability of fraud.", "stages:", "  - fraud:",
            Self.choice("      customer: ", roles.customer?.name, roles.customer?.evidence, "the column of the card or customer"),
            Self.choice("      terminal: ", roles.terminal?.name, roles.terminal?.evidence, "the column of the terminal or shop"),
            Self.choice("      amount: ", roles.amount?.name, roles.amount?.evidence, "a column of type money"), "      model: \(name)",
            "      delay: 7d             # how long until most frauds are known", "      lateness: \(roles.latenessDays)d",
        ]
    }

    private var train: [String] {
        let section = [
            "train:", "  family: boosting", "  window: { last: 30d, label-delay: 7d }", "  parameters: { trees: 100, depth: 3, rate: 0.1 }",
        ]
        if roles.label != nil { return section }
        return [
            "# No column says which rows were fraud. Once there is a feed of labels, add it under `feeds` and remove these `#`;",
            "# until then the job runs on the stage's own rules.", "#", "#   labels:", "#     role: labels", "#     format: csv",
            "#     files: labels/*.csv", "#     columns: { id: { type: int64 }, fraud: { type: bool }, known: { type: timestamp } }",
            "#     key: id", "#     known-time: known", "#",
        ] + section.map { "# \($0)" }
    }

    private var policy: [String] {
        let money = roles.currency.code
        let pay = Self.choice(
            "    clear:  { cost: { if: fraud, pay: ", roles.amount?.name, roles.amount == nil ? nil : "a missed fraud costs the amount",
            "a column of type money", close: " } }")
        return [
            "# What a row may lead to; the outcome with the least expected cost is taken. Put your own costs here.", "policy:",
            "  outcomes:",
            pay,
            Self.line("    hold:   { cost: { if: genuine, pay: 25 \(money) }, reversible: true }", "what a wrongly held payment costs"),
            Self.line("    review: { cost: 4 \(money) }", "what a person's look costs"), "",
            "# How people decide, and what holds until they have.", "review:", "  queue: \(name)",
            Self.line("  capacity: 100/day", "how many a day your people can decide"), "  over-capacity: hold", "  due: 2bd",
            "  on-overdue: hold", "  audit-sample: 0.5%",
        ]
    }

    // MARK: text

    static func line(_ text: String, _ evidence: String?) -> String {
        evidence.map { "\(text)   # guess: \($0)" } ?? text
    }

    static func choice(_ start: String, _ value: String?, _ evidence: String?, _ wanted: String, close: String = "") -> String {
        value.map { line(start + $0 + close, evidence) } ?? "\(start)\(placeholder)\(close)   # to do: \(wanted)"
    }

    /// A text as a YAML scalar, in quotes unless it is a plain word that nothing else could be meant by.
    static func yaml(_ text: String) -> String {
        let isPlain = JobValue.isName(text) && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        let isPath =
            !text.hasPrefix("*")
            && text.utf8.allSatisfy {
                ($0 | 32 >= 97 && $0 | 32 <= 122) || ($0 >= 45 && $0 <= 57) || $0 == 95 || $0 == 42
            } && text.contains("/")
        if isPlain || isPath { return text }
        var quoted = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 32 || scalar.value == 127:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\x" + (hex.count == 1 ? "0" : "") + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return "\"\(quoted)\""
    }
}
