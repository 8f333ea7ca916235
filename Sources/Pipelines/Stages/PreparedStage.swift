import Crypto
import Models
public import Records

/// A stage whose features rest on something learnt from the training rows alone, such as the usual level of each sensor in each operating
/// condition. `train` and `evaluate` learn it before the features are computed; it is kept with the model and given back with it.
public protocol PreparedStage: KeepingStage {
    /// What the stage must know beforehand, from training rows only.
    ///
    /// - Parameters:
    ///   - batches: rows of whole units, in feed order.
    ///   - lives: steps until the row's unit failed, a row of each batch; NaN where that is not known.
    func preparation(of batches: [RecordBatch], lives: [[Float]]) throws(Failure) -> [UInt8]

    /// Hash of the unit that each row is of.
    func units(of batch: RecordBatch) -> [UInt64]

    /// Of each row, the unit's own counter, which falls when it is renewed (NaN where missing); nil = the stage knows none.
    func counters(of batch: RecordBatch) -> [Double]?

    /// Microseconds that count as one of a unit's life.
    var step: Int64 { get }
    /// Steps within which a failure is to be foreseen.
    var horizon: Float { get }
    /// The last row of a unit in the training rows is its end of life; otherwise a label says where units failed.
    var runsToFailure: Bool { get }
}

extension Stage {
    /// Gives a stage that takes it what a model keeps for it; without a model, or for other stages, nothing happens.
    func prepare(by preparation: Preparation) throws(Failure) {
        guard let stage = self as? any KeepingStage, !preparation.bytes.isEmpty else { return }
        if let encoder = preparation.encoder { (self as? any EncodingStage)?.take(encoder) }
        try stage.prepare(preparation.bytes)
    }
}

/// What a model keeps for its stage. Features and state of a stage that takes it are those of this preparation, and of no other.
struct Preparation: Sendable {
    let bytes: [UInt8]
    /// What the bytes rest on, of an encoding stage whose model has one.
    let encoder: SentenceEncoder?

    /// Empty for a stage that takes none, and without a model.
    init(of model: (any Classifier)?, for stage: any Stage.Type) {
        bytes = stage is any KeepingStage.Type ? model?.preparation ?? [] : []
        encoder = (model as? EncodedClassifier)?.encoder
    }

    /// Hexadecimal SHA-256; nil where there is none.
    var digest: String? { bytes.isEmpty ? nil : SHA256.hash(data: bytes).hex }
}
