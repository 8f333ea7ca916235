import ArgumentParser

/// The command line: parses, calls, prints; no logic of its own.
struct Pipeline: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline", abstract: "From feeds to scored rows in SQLite, a queue where people decide, and an exact replay.",
        discussion: """
            A job file names feeds, a stage, a model and a policy; everything that comes of it lives in one SQLite file.

              pipeline check jobs/fraud.yaml
              pipeline run jobs/fraud.yaml
              pipeline review next --queue fraud

            Data go to standard output, all else to standard error. Exit codes: 0 done or nothing new, 1 failed, 3 a replay or an audit found \
            a difference, 64 wrong usage, 65 too many rejects, 75 try again later, 78 the job file is wrong.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Running jobs", subcommands: [Check.self, Run.self, BackfillCommand.self, Replay.self, Rejects.self]),
            CommandGroup(name: "Reviewing", subcommands: reviewing),
            CommandGroup(name: "Models", subcommands: modelling),
            CommandGroup(name: "Inspecting", subcommands: [Status.self, Runs.self, Explain.self, Report.self, Export.self, Audit.self]),
            CommandGroup(
                name: "Operating",
                subcommands: [
                    Schedules.self, Backup.self, Restore.self, Upgrade.self, Notify.self, PurgeCommand.self, HoldCommand.self,
                    Erase.self,
                    DoctorCommand.self,
                ]),
            CommandGroup(name: "Language", subcommands: [Classify.self, Cascade.self, Mask.self, DocumentsCommand.self]),
            CommandGroup(name: "Setting up", subcommands: [New.self, List.self, Describe.self, Docs.self, Simulate.self]),
        ])

    private static var modelling: [any ParsableCommand.Type] {
        let always: [any ParsableCommand.Type] = [
            Train.self, Evaluate.self, Backtest.self, ModelsCommand.self, MonitorCommand.self,
        ]
        #if Remote
            return always + [Ask.self]
        #else
            return always
        #endif
    }

    private static var reviewing: [any ParsableCommand.Type] {
        #if Web
            [Review.self, Serve.self]
        #else
            [Review.self]
        #endif
    }
}
