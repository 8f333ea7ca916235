import Connectors
import Foundation
import Pipelines
import Records

/// A run with something wrong in it or below it.
///
/// `pipeline-faulty JOB DATABASE CLOCK ACTOR HOST`: its checkpoints are outside their rows' transaction.
/// `pipeline-faulty JOB DATABASE CLOCK ACTOR HOST MODE OPERATION`: the program as it is, on a file system that fails at the operation;
/// prints how many there were.
@main struct Faulty {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6 || arguments.count == 8, let clock = Timestamp(iso8601: arguments[3]) else {
            throw Failure(.usage, code: "faulty.usage", what: "expected JOB DATABASE CLOCK ACTOR HOST [MODE OPERATION]")
        }
        var options = RunOptions()
        if arguments.count == 6 {
            options.fault = .checkpointOutsideTransaction
        } else {
            guard let mode = FaultyFileSystem.Mode(rawValue: arguments[6]), let operation = Int(arguments[7]) else {
                throw Failure(.usage, code: "faulty.usage", what: "expected a mode and an operation's number")
            }
            FaultyFileSystem.install(mode, at: operation)
        }
        let environment = Environment(now: { clock }, actor: arguments[4], host: arguments[5], processIdentifier: 0, variables: [:])
        let job = try Job.load(path: arguments[1])
        do throws(Failure) {
            let warehouse = try Warehouse(path: arguments[2])
            defer { warehouse.close() }
            _ = try Runner(warehouse: warehouse, environment: environment, options: options).run(job)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(error.kind.rawValue)
        }
        FaultyFileSystem.flush()
        print(FaultyFileSystem.operations)
    }
}
