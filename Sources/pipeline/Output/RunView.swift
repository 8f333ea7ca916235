import Pipelines
import Records

/// One run with its files and attempts, as `runs show` prints it.
struct RunView {
    let record: RunRecord
    let files: [RunFile]
    let attempts: [RunAttempt]
    let rejects: [(code: String, count: Int)]
    /// Items about the files it read.
    let deliveries: [ReviewItem]

    var details: Details {
        var details = facts
        details.sections.append(
            .init(
                nil,
                [
                    .init("deliveries", .nested("", .array(deliveriesTable.objects))),
                    .init("files", .nested("", .array(filesTable.objects))), .init("attempts", .nested("", .array(attemptsTable.objects))),
                ]))
        return details
    }

    /// For people: facts first, then the two tables.
    func text(_ terminal: Terminal, listsFiles: Bool) -> String {
        facts.rendered(as: .table, terminal: terminal) + "\n" + terminal.styled("files", .bold) + "\n"
            + (listsFiles ? filesTable : feedsTable).text(terminal, indent: "  ")
            + (deliveries.isEmpty
                ? "" : "\n" + terminal.styled("deliveries", .bold) + "\n" + deliveriesTable.text(terminal, indent: "  "))
            + "\n" + terminal.styled("attempts", .bold) + "\n" + attemptsTable.text(terminal, indent: "  ")
    }

    private var facts: Details {
        let counts = record.counts
        return Details(
            title: "Run \(record.id) of \(record.job): \(record.status.rawValue)",
            sections: [
                .init(
                    nil,
                    [
                        .init("run", .identifier(record.id)), .init("job", .text(record.job)),
                        .init("status", .text(record.status.rawValue)),
                        .init("clock", .time(record.clock)), .init("rows_read", .integer(counts.read)),
                        .init("rows_accepted", .integer(counts.accepted)), .init("rows_rejected", .integer(counts.rejected)),
                        .init("since", .time(record.since)), .init("rows_before", .integer(counts.before)),
                        .init("rows_after_deadline", .integer(counts.afterDeadline)),
                        .init("rows_late", .integer(counts.late)), .init("rows_unchanged", .integer(counts.unchanged)),
                        .init("rows_corrected", .integer(counts.corrected)), .init("for_review", .integer(counts.reviewItems)),
                        .init("labels_read", .integer(counts.labelsRead)), .init("watermark", .time(record.watermark)),
                        .init("state", .bytes(record.stateBytes)), RunSummary.model(record),
                    ]),
                .init("outcomes", RunSummary.outcomes(record)),
                .init("rejects", rejects.map { .init($0.code, .count($0.count)) }),
                .init(
                    "digests",
                    [
                        .init("job_file", .digest(record.jobDigest)), .init("policy", .digest(record.policyDigest)),
                        .init("input", .digest(record.inputDigest)), .init("lists", .digest(record.listDigest)),
                        .init("model", record.modelDigest.map { .digest($0) } ?? .missing), .init("audit_head", .text(record.head)),
                    ]),
                .init("versions", record.versions.map { .init($0.name, .text($0.value)) }),
            ].filter { !$0.fields.isEmpty })
    }

    private var filesTable: Table {
        Table(
            columns: [
                .init("feed"), .init("name"), .init("bytes", .number), .init("rows", .number), .init("rejected", .number), .init("digest"),
            ],
            rows: files.map { file in
                [
                    .text(file.feed), .text(file.name), .integer(file.bytes), file.rowsRead.map { .integer($0) } ?? .missing,
                    file.rowsRejected.map { .integer($0) } ?? .missing, .digest(file.digest),
                ]
            })
    }

    /// Files of each feed added up, in the order read.
    private var feedsTable: Table {
        var names: [String] = []
        for file in files where !names.contains(file.feed) { names.append(file.feed) }
        return Table(
            columns: [.init("feed"), .init("files", .number), .init("bytes", .number), .init("first"), .init("last")],
            rows: names.map { name in
                let own = files.filter { $0.feed == name }
                return [
                    .text(name), .count(own.count), .bytes(own.reduce(0) { $0 + $1.bytes }), .text(own.first?.name), .text(own.last?.name),
                ]
            })
    }

    private var deliveriesTable: Table {
        Table(
            columns: [.init("item", .number), .init("kind"), .init("cause"), .init("what")],
            rows: deliveries.map { item in
                [.identifier(item.id), .text(item.kind.rawValue), .text(item.cause), .text(item.reasons.first)]
            })
    }

    private var attemptsTable: Table {
        Table(
            columns: [
                .init("started"), .init("ending"), .init("rows", .number), .init("seconds", .number), .init("cpu", .number),
                .init("peak_memory", .number), .init("host"), .init("process", .number),
            ],
            rows: attempts.map { attempt in
                [
                    .time(attempt.started), .text(attempt.ending ?? "running or killed"), .integer(attempt.rows),
                    attempt.seconds.map { .seconds($0) } ?? .missing, attempt.cpuSeconds.map { .seconds($0) } ?? .missing,
                    attempt.peakBytes.map { .bytes($0) } ?? .missing, .text(attempt.host), .text(String(attempt.process)),
                ]
            })
    }
}
