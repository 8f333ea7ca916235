import ArgumentParser
import Pipelines
import Records

/// `pipeline check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a job file whole, before anything runs.",
        discussion: """
            Every finding at once, with file, line and column, the nearest valid name and what to do. Errors end with exit code 78; what the \
            world lacks now, such as files that may come later, is a warning.

              pipeline check jobs/fraud.yaml
            """)

    @OptionGroup var job: JobArgument
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let console = output.console
        let check = Job.check(path: job.path, now: Environment.system().now())
        guard let job = check.job, !check.findings.contains(where: { $0.severity == .error }) else {
            throw JobProblems(path: check.path, findings: check.findings)
        }
        if format.format != .json { for finding in check.findings { console.note(finding.text(in: check.path)) } }
        try format.write(
            Details(title: "\(check.path): \(check.findings.isEmpty ? "good" : "good, with warnings")", Self.facts(of: job, check: check)),
            to: console)
    }

    private static func facts(of job: Job, check: JobCheck) -> [Details.Field] {
        var fields: [Details.Field] = [
            .init("job", .text(job.name)),
            .init("feeds", .list(job.feeds.map { "\($0.name) (\($0.role.rawValue), \($0.format))" })),
        ]
        if let scoring = job.scoring {
            fields += [
                .init("stage", .text(scoring.stage.name)), .init("model", .text(job.modelName)),
                .init("outcomes", .list(scoring.policy.outcomes.map(\.name))), .init("queue", .text(scoring.review.queue)),
                .init("results", .text(scoring.results.table)),
            ]
        }
        let tables = job.feeds.compactMap(\.table)
        if !tables.isEmpty { fields.append(.init("tables", .list(tables))) }
        let warnings = check.findings.isEmpty ? "none" : Quantity.count(check.findings.count)
        return fields + [
            .init("digest", .digest(job.digest)), .init("warnings", .nested(warnings, .array(check.findings.map(\.json)))),
        ]
    }
}
