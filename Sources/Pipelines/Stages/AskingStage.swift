public import Models
public import Records

/// A stage that asks language models which the job names. Without a supplier, or where they do not answer, it decides without them and says so.
///
/// A run of such a job scores a block only when the one before is committed: no transaction is open while a model is asked.
public protocol AskingStage: Stage {
    /// Whether the parameters name models.
    static func asks(_ configuration: StageConfiguration) -> Bool

    /// Called before the first row.
    ///
    /// - Throws: a model that cannot be asked as it is set up.
    func take(_ supplier: any ModelSupplier) throws(Failure)
}
