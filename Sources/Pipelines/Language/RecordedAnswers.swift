import Connectors
import GRDB
import Models
import Records

/// Models that answer from the ledger of a warehouse only: what a replay asks.
struct RecordedAnswers: ModelSupplier {
    let warehouse: Warehouse
    /// What was settled later was not known to the run; nil = whenever.
    let until: Timestamp?

    func completer(for model: AskedModel) throws(Failure) -> any Completer {
        Answering(model: model.bareName, settings: model.ledgerSettings, warehouse: warehouse, until: until ?? .distantFuture)
    }

    private struct Answering: Completer {
        let family = "recorded"
        let model: String
        let destination = "here"
        let settings: String
        let warehouse: Warehouse
        let until: Timestamp

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            let (recorded, name, latest) = (prompt.recorded, model, until.microseconds)
            let key = prompt.ledgerKey(model: model, settings: settings)
            let answer = try warehouse.read { database in
                try String.fetchOne(
                    database,
                    // Of the same settings first: the same model elsewhere may have said something else.
                    sql: """
                        SELECT answer FROM pipeline_ledger WHERE state = 'settled' AND prompt = ? AND model = ? AND settled_at <= ?
                        ORDER BY key <> ?, id LIMIT 1
                        """,
                    arguments: [recorded, name, latest, key])
            }
            guard let completion = answer.flatMap({ Completion(recorded: $0) }) else {
                throw .ledgerKeptNothing(model: model, key: key)
            }
            return completion
        }
    }
}
