public import Models
public import Records

/// A stage that asks language models which the job names. Without a supplier, or where they do not answer, it decides without them and says so.
///
/// `consume` asks nobody. Then the engine compares what the policy makes of a row as it stands with what it would make of it if every model agreed,
/// and has the stage ask about the rows where that differs: an answer that cannot change the outcome is not asked for.
///
/// A run of such a job scores a block only when the one before is committed: no transaction is open while a model is asked.
public protocol AskingStage: Stage {
    /// Whether the parameters name models.
    static func asks(_ configuration: StageConfiguration) -> Bool

    /// Whether it also asks where the answer changes nothing, for the people who look at the row.
    static func asksForPeople(_ configuration: StageConfiguration) -> Bool

    /// Called before the first row.
    ///
    /// - Throws: a model that cannot be asked as it is set up.
    func take(_ supplier: any ModelSupplier) throws(Failure)

    /// Rows of the last batch consumed about which models may be asked, ascending.
    var askable: [Int] { get }

    /// A row's features if models say what speaks most for it: the most that asking can change.
    func supported(_ features: ArraySlice<Float>) -> [Float]

    /// Asks about rows of the last batch consumed.
    ///
    /// - Parameters:
    ///   - rows: some of `askable`.
    ///   - places: of these rows in the features, which are changed by what is answered.
    func ask(_ rows: [Int], at places: [Int], in features: inout FeatureMatrix)
}
