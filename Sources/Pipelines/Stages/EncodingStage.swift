public import Models

/// A stage that reads texts through a sentence encoder. Training takes it from the folder that the parameters name, and keeps it in the
/// catalog beside the model; runs and replays take from there the encoder that their model rests on, whatever the folder holds by then.
public protocol EncodingStage: KeepingStage {
    /// As the parameters name it, relative to the job file; nil = they name none.
    static func encoderFolder(_ configuration: StageConfiguration) -> String?

    /// Digest of the encoder that something learnt rests on; nil = on none.
    static func encoderDigest(of preparation: [UInt8]) -> String?

    /// Called before anything is learnt, and before `prepare`.
    func take(_ encoder: SentenceEncoder)
}
