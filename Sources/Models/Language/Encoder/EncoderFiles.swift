public import Records

/// The files of a sentence encoder, as its makers hand them out and as the catalog keeps them.
public struct EncoderFiles: Hashable, Sendable {
    /// Of the catalog's versions that are encoders.
    public static let family = "encoder"
    /// Our own version, counted up with every change that changes a bit of a vector.
    public static let libraryVersion = "encoder 2"

    public var name: String
    /// `config.json`.
    public var configuration: [UInt8]
    /// `tokenizer.json`.
    public var tokenizer: [UInt8]
    /// `model.safetensors`.
    public var weights: [UInt8]
    /// `1_Pooling/config.json`; nil = the mean of all pieces.
    public var pooling: [UInt8]?

    public init(name: String, configuration: [UInt8], tokenizer: [UInt8], weights: [UInt8], pooling: [UInt8]? = nil) {
        (self.name, self.configuration, self.tokenizer, self.weights) = (name, configuration, tokenizer, weights)
        self.pooling = pooling
    }

    /// All of it but the name.
    public func serialized() -> [UInt8] {
        var writer = ModelBytesWriter(family: Self.family)
        for file in [configuration, tokenizer, pooling ?? [], weights] { writer.blob(file) }
        return writer.sealed()
    }

    /// - Throws: bytes that are not as they were written.
    public init(name: String, serialized bytes: [UInt8]) throws(Failure) {
        var reader = try ModelBytesReader(bytes, family: Self.family)
        let (configuration, tokenizer, pooling) = (try reader.blob(), try reader.blob(), try reader.blob())
        self.init(
            name: name, configuration: configuration, tokenizer: tokenizer, weights: try reader.blob(),
            pooling: pooling.isEmpty ? nil : pooling)
    }
}
