import ArgumentParser
import Pipelines

/// The job file of a command.
struct JobArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The job file.", valueName: "job"), completion: .file(extensions: ["yaml", "yml"]))
    var path: String

    /// Prints warnings; throws all errors at once.
    func load() throws(JobProblems) -> Job { try Job.load(path: path) }
}
