import Connectors
import GRDB
import Models
import Records

/// Models that answer from the ledger of a warehouse only: what a replay asks.
struct RecordedAnswers: ModelSupplier {
    let warehouse: Warehouse

    func completer(for model: AskedModel) throws(Failure) -> any Completer { Answering(model: model.bareName, warehouse: warehouse) }

    private struct Answering: Completer {
        let family = "recorded"
        let model: String
        let destination = "here"
        let warehouse: Warehouse

        func completion(of prompt: Prompt) async throws(Failure) -> Completion {
            let (recorded, name) = (prompt.recorded, model)
            let answer = try warehouse.read { database in
                try String.fetchOne(
                    database,
                    sql: "SELECT answer FROM pipeline_ledger WHERE state = 'settled' AND prompt = ? AND model = ? ORDER BY id LIMIT 1",
                    arguments: [recorded, name])
            }
            guard let completion = answer.flatMap({ Completion(recorded: $0) }) else {
                throw .ledgerKeptNothing(model: model, key: prompt.ledgerKey(model: model, settings: ""))
            }
            return completion
        }
    }
}
