import Connectors
import Foundation
import Models
import Pipelines
import Records

/// Formats and a family that only say what they are: reading a job file asks no more of them.
enum CSVDouble: FeedFormat {
    static let definition = Definition(
        name: "csv", summary: "Comma-separated values.",
        parameters: [
            Parameter("delimiter", .text, default: ",", help: "Between fields.", example: "\";\""),
            Parameter("header", .bool, default: "true", help: "The first line names the columns.", example: "true"),
        ])

    static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        throw Failure(.failed, code: "feed.double", what: "not a reader")
    }
}

enum XMLDouble: FeedFormat {
    static let definition = Definition(
        name: "xml", summary: "XML.", parameters: [Parameter("rows", .text, help: "Path of the rows.", example: "/Document/Entry")])

    static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        throw Failure(.failed, code: "feed.double", what: "not a reader")
    }
}

enum BoostingDouble: ClassifierFamily {
    static let definition = Definition(
        name: "boosting", summary: "Trees.",
        parameters: [
            Parameter("trees", .integer(1...10_000), default: "100", help: "Number of trees.", example: "100"),
            Parameter("depth", .integer(1...20), default: "3", help: "Depth of a tree.", example: "3"),
            Parameter("rate", .number(0.001...1), default: "0.1", help: "Learning rate.", example: "0.1"),
        ])
    static let libraryVersion = "double 1"

    static func train(
        on set: TrainingSet, parameters: [String: ParameterValue], seed: UInt64, threads: Int
    ) throws(Failure) -> any Classifier { throw Failure(.failed, code: "model.double", what: "not a model") }

    static func load(_ bytes: [UInt8], featureNames: [String], threads: Int) throws(Failure) -> any Classifier {
        throw Failure(.failed, code: "model.double", what: "not a model")
    }
}

enum JobSamples {
    static var components: Components {
        Components(stages: Stages.all, formats: [CSVDouble.self, XMLDouble.self], families: [BoostingDouble.self])
    }

    /// A job without a fault, with every section.
    static let whole = """
        version: 1
        job: card-fraud
        owner: payments-risk@example.com
        schedule: "0 2 * * *"
        calendar: { zone: Asia/Tokyo }
        feeds:
          transactions:
            role: main
            format: csv
            files: transactions/*.csv.gz
            ready: { stable-for: 5m }
            columns:
              transaction: { from: TRANSACTION_ID, type: int64 }
              time:        { from: TX_DATETIME, type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { from: CUSTOMER_ID, type: string, personal: true }
              terminal:    { from: TERMINAL_ID, type: string }
              amount:      { from: TX_AMOUNT, type: money, currency: EUR }
              note:        { type: string, optional: true, nulls: ["NA", "-"] }
            key: transaction
            event-time: time
            lateness: 1d
            rejects: { limit: 2% }
          chargebacks:
            role: labels
            format: csv
            files: chargebacks/*.csv.gz
            columns: { transaction: { type: int64 }, fraud: { type: bool }, known: { type: timestamp } }
            key: [transaction]
            known-time: known
          blocked:
            role: list
            format: csv
            files: blocked.csv
            delimiter: ";"
            columns: { terminal: { type: string }, known: { type: timestamp } }
            key: terminal
            known-time: known
        stages:
          - fraud: { customer: customer, terminal: terminal, amount: amount, model: card-fraud, delay: 7d }
        train:
          family: boosting
          window: { last: 30d, label-delay: 7d }
          parameters: { trees: 50 }
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }
            review: { cost: 4 EUR }
        rules:
          - { name: large, when: amount > 220, then: review }
          - { name: blocked, when: terminal in blocked, then: hold }
        review: { queue: fraud, capacity: 100/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 0.5% }
        results: fraud_scores
        """

    /// The sample with one text replaced, which must be there exactly once.
    static func whole(_ old: String, _ new: String) -> String {
        precondition(whole.components(separatedBy: old).count == 2, "'\(old)' is not in the sample exactly once")
        return whole.replacing(old, with: new)
    }

    static func load(_ text: String) throws(JobProblems) -> Job {
        try Job.load(bytes: Array(text.utf8), path: "jobs/fraud.yaml", components: components)
    }

    /// All findings of a text, one a line.
    static func findings(_ text: String) -> [JobFinding] {
        do throws(JobProblems) {
            _ = try load(text)
            return []
        } catch {
            return error.findings
        }
    }
}
