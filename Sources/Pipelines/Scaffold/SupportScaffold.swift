import Records

/// The parts of a first job file that the stage `support` needs: `pipeline new job --stage support`.
struct SupportScaffold {
    var message: (name: String, evidence: String)?
    var intent: (name: String, evidence: String)?
    private let name: String
    private let money: String

    private static let messageWords: Set<String> = [
        "message", "text", "body", "question", "content", "comment", "description", "query", "inquiry",
    ]
    private static let intentWords: Set<String> = ["intent", "category", "topic", "label", "class", "reason", "subject"]

    init(_ head: FileHead, _ roles: ColumnRoles, name: String) {
        (self.name, money) = (name, roles.currency.code)
        let texts = roles.columns.indices.filter { roles.columns[$0].type.name == "string" && !roles.columns[$0].isPersonal }
        func length(_ index: Int) -> Int {
            head.records.reduce(0) { $0 + $1[index].unicodeScalars.count } / max(head.records.count, 1)
        }
        let isNamed = { (words: Set<String>, index: Int) in words.contains(roles.columns[index].name) }
        // Names first, then length: what people write is longer than any code.
        if let found = texts.max(by: {
            (isNamed(Self.messageWords, $0) ? 1 : 0, length($0), $1) < (isNamed(Self.messageWords, $1) ? 1 : 0, length($1), $0)
        }),
            isNamed(Self.messageWords, found) || length(found) >= 15
        {
            message = (roles.columns[found].name, "\(length(found)) characters in the mean")
        }
        intent = texts.first { index in
            let column = roles.columns[index]
            return isNamed(Self.intentWords, index) && column.name != message?.name && column.distinct >= 2
                && column.distinct <= column.count / 2
        }.map { (roles.columns[$0].name, "\(roles.columns[$0].distinct) values in \(roles.columns[$0].count) rows") }
    }

    var missing: [String] {
        (message == nil ? ["No column seems to hold messages: set the stage's `text`."] : [])
            + (intent == nil ? ["No column says what messages turned out to be about: set the stage's `intent`, or train nothing."] : [])
    }

    var stage: [String] {
        [
            "# What is computed: intent, urgency, language and route of each message, and the probability that the intent is wrong.",
            "stages:",
            "  - support:", JobScaffoldWriter.choice("      text: ", message?.name, message?.evidence, "the column with the message"),
            JobScaffoldWriter.choice(
                "      intent: ", intent?.name, intent?.evidence, "the column that says what it turned out to be about"),
            "      # languages: en ja      # answered without a person; any when not given",
            "      # answers: answers      # a feed with `role: table`: what may be answered, each with its source (docs/guides/triage.md)",
            "      model: \(name)",
        ]
    }

    var train: [String] {
        ["train:", "  family: logistic", "  window: { last: 60d, label-delay: 0s, selection: 50% }"]
    }

    var policy: [String] {
        [
            "# What a message may lead to; the outcome with the least expected cost is taken. Put your own costs here.", "policy:",
            "  outcomes:",
            JobScaffoldWriter.line("    answer:      { cost: { if: wrong, pay: 20 \(money) } }", "what a wrong answer costs"),
            JobScaffoldWriter.line("    acknowledge: { cost: 10 \(money), reversible: true }", "what waiting for a person costs"),
            JobScaffoldWriter.line("    review:      { cost: 4 \(money) }", "what a person's look costs"),
            "  automatic: { risk: wrong-among-cleared, alpha: 2% }   # of answers without a person at most so many are wrong, with 95 % confidence",
            "", "# How people decide, and what holds until they have.", "review:", "  queue: \(name)",
            JobScaffoldWriter.line("  capacity: 100/day", "how many a day your people can decide"), "  over-capacity: acknowledge",
            "  due: 1bd",
            "  on-overdue: acknowledge", "  audit-sample: 2%",
        ]
    }
}
