public import Records

/// A stage that gives an answer of its own for each row besides the score, such as what a message is about: columns of the result table.
///
/// Contract: answers depend on what features do, and on nothing else; they are of the fields declared, one a row of the last batch consumed.
public protocol AnsweringStage: Stage {
    /// Columns of the result table, in order; each may have missing values.
    static func answerFields(for configuration: StageConfiguration) -> [Field]

    /// Of the last batch consumed.
    func answers() -> [Column]
}
