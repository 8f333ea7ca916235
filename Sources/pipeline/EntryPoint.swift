import ArgumentParser
import Connectors
import Foundation

/// Parses, runs, and turns whatever is thrown into a message and an exit code: the only place that ends the process.
@main
enum EntryPoint {
    static func main() {
        // A closed pipe is an error of `write`, not the end of a run.
        signal(SIGPIPE, SIG_IGN)
        ProcessMemory.keepFreed()
        // What is made holds personal data: nothing for accounts outside the group.
        umask(umask(0) | 0o027)
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try Pipeline.parseAsRoot(arguments)
            try command.run()
        } catch {
            let report = ErrorReport(error, arguments: arguments)
            report.print()
            exit(report.code)
        }
    }
}
