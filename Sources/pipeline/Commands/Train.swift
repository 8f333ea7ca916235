import ArgumentParser
import Connectors
import Models
import Pipelines
import Records
import Synchronization

/// `pipeline train`
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a job's model on the feed's own past, and put it into the catalog.",
        discussion: """
            Learns from the rows of `train: window`, with the labels known at that time only. The new version is the champion: it scores \
            from its creation on; the first one of a job that has run on its stage's rules is a challenger beside them, which \
            `pipeline models promote` puts in charge. With --candidate it waits in the catalog.

              pipeline train jobs/fraud.yaml
              pipeline train jobs/fraud.yaml --as-of 2026-02-01 --candidate
            """)

    @OptionGroup var job: JobArgument
    @Option(
        help: ArgumentHelp("The time it is taken to be, in ISO 8601; just after the feed's last row when not given.", valueName: "time"))
    var asOf: Timestamp?
    @Flag(help: "Add the version without making it the champion.")
    var candidate = false
    @Option(
        help: ArgumentHelp(
            "What it is from its creation on; when not given, a challenger where the job has run on its stage's rules, else the champion.",
            valueName: "champion|challenger|candidate"))
    var role: ModelRole?
    @Flag(
        name: .customLong("ask"),
        help: "Ask the language models that the stage names about training rows too, so that their answers count in what is promised.")
    var asks = false
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if candidate, role != nil { throw ValidationError("--candidate and --role say the same thing twice") }
        if role == .retired { throw ValidationError("--role is retired, expected champion, challenger or candidate") }
    }

    func run() throws {
        let console = output.console
        let job = try job.load()
        let database = try warehouse.open(.write)
        defer { database.close() }
        let progress = Progress("train", console: console)
        defer { progress.finish() }
        var rows: Int64 = 0
        var trainer = Trainer(warehouse: database, environment: warehouse.environment)
        let helpers = asks ? try LanguageModels(job: job, options: warehouse) : nil
        trainer.models = helpers?.supplier
        let given = candidate ? ModelRole.candidate : role
        let report = try trainer.train(job, asOf: asOf, role: try given ?? trainer.usualRole(for: job)) { count in
            rows += Int64(count)
            progress.report(rows: rows, fraction: nil)
        }
        progress.finish()
        if let sentence = helpers?.close() { console.note(sentence) }
        let version = report.version
        try format.write(
            Details(
                title: "Model \(version.name) version \(version.version)\(report.isKnown ? ", which was there already" : "")",
                [
                    .init("model", .text(version.name)), .init("version", .identifier(version.version)),
                    .init("role", .text(report.role.rawValue)),
                    .init("family", .text(version.family)), .init("new", .bool(!report.isKnown)),
                    .init("rows", .count(report.rows)), .init("positives", .count(report.positives)),
                    .init("trained_from", .time(report.from)), .init("trained_to", .time(report.to)),
                    .init("labels_known_by", .time(report.labelsKnownBy)), .init("digest", .digest(version.digest)),
                ]), to: console)
        let fitting = version.card.fitting
        if let certificate = fitting?.automatic {
            console.note("\nAutomatic: \(Quantity.share(certificate.automationRate)) of the rows, under the promise in its card.")
        }
        if let missing = fitting?.notAutomatic { console.note("\nnote: \(missing)") }
        for odd in fitting?.oddLabels ?? [] { console.note("warning: labels (\(odd.kind.rawValue)): \(odd.reason)") }
        let option = warehouse.database == "pipeline.db" ? "" : " --database \(warehouse.database)"
        let next =
            report.role == .challenger
            ? "pipeline models promote \(version.name) \(version.version) --job \(job.path) --reason \"…\"\(option)"
            : "pipeline run \(job.path)\(option)"
        console.note("\nnext:\n  pipeline evaluate \(job.path)\n  \(next)")
    }
}
