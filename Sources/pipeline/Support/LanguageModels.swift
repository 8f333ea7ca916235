import Models
import Pipelines
import Records

/// The language models that a job's stage names, where it names any and this program knows clients; else nobody.
struct LanguageModels {
    let supplier: (any ModelSupplier)?

    init(job: Job, options: WarehouseOptions) throws {
        #if Remote
            let stage = job.scoring?.stage
            let type = stage.flatMap { Stages.named($0.name) } as? any AskingStage.Type
            supplier = try stage.flatMap { type?.asks($0) == true ? try RemoteSupplier(job: job.name, options: options) : nil }
        #else
            supplier = nil
        #endif
    }

    /// Ends the connections. - Returns: what became of the questions.
    func close() -> String? {
        #if Remote
            guard let supplier = supplier as? RemoteSupplier else { return nil }
            let sentence = supplier.sentence
            supplier.finish()
            return sentence
        #else
            return nil
        #endif
    }
}
