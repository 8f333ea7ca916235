import Connectors
import Pipelines
import Records

/// `pipeline-faulty JOB DATABASE CLOCK ACTOR HOST`: a run whose checkpoints are outside their rows' transaction.
@main struct Faulty {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let clock = Timestamp(iso8601: arguments[3]) else {
            throw Failure(.usage, code: "faulty.usage", what: "expected JOB DATABASE CLOCK ACTOR HOST")
        }
        var options = RunOptions()
        options.fault = .checkpointOutsideTransaction
        let environment = Environment(now: { clock }, actor: arguments[4], host: arguments[5], processIdentifier: 0, variables: [:])
        let warehouse = try Warehouse(path: arguments[2])
        defer { warehouse.close() }
        _ = try Runner(warehouse: warehouse, environment: environment, options: options).run(Job.load(path: arguments[1]))
    }
}
