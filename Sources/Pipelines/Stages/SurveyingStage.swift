public import Records

/// A stage that learns something of the training rows before features are computed, such as the limits of control charts. `train` and
/// `evaluate` show it those rows alone, in feed order; what it learnt is kept with the model and given back with it.
public protocol SurveyingStage: KeepingStage {
    /// Takes training rows in.
    func survey(_ batch: RecordBatch)

    /// What was learnt of them.
    func preparation() -> [UInt8]
}

/// A stage that takes over what the model keeps for it.
public protocol KeepingStage: Stage {
    /// Called before the first row and before `restore`.
    ///
    /// - Throws: bytes that were not written by a stage with the same parameters.
    func prepare(_ bytes: [UInt8]) throws(Failure)
}

/// A stage whose rows carry the kind of thing they turned out to be, and not only whether that is bad.
public protocol ClassedStage: Stage {
    /// The parameters name where kinds stand.
    var knowsClasses: Bool { get }
    /// How long after its event time a row's kind becomes known.
    var classDelay: Timestamp.Span { get }

    /// The kind of each row; nil = not known. Asked only where ``knowsClasses``.
    func classes(of batch: RecordBatch) -> [String?]

    /// Whether a kind is no defect.
    func isSound(_ name: String) -> Bool
}
