public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A sentence encoder of the BERT kind that runs here, from weights that its user has: a text becomes a vector that lies near those of texts
/// of like meaning (J. Devlin et al., arXiv 1810.04805; N. Reimers and I. Gurevych, arXiv 1908.10084).
///
/// Each text is worked through alone, so its vector does not depend on its neighbours. Texts beyond the context are cut, as such encoders do.
/// The last bits may differ between kinds of processors, as all that BLAS computes.
public struct SentenceEncoder: Embedder {
    public var family: String { "encoder" }
    public let model: String
    public let dimensions: Int
    private let pieces: WordPieces
    private let layers: [EncoderLayer]
    private let embeddings: Embeddings
    private let context: Int
    private let takesFirst: Bool

    private struct Embeddings: Sendable {
        var words: [Float]
        var positions: [Float]
        var type: [Float]
        var norm: LayerNorm
    }

    /// Pieces that a text may have when nothing says so: longer ones are rare among the texts that such encoders learnt from.
    private static let mostPieces = 256

    /// - Parameters:
    ///   - name: identifier and version.
    ///   - configuration: the bytes of `config.json`.
    ///   - tokenizer: of `tokenizer.json`.
    ///   - weights: of `model.safetensors`.
    ///   - pooling: of `1_Pooling/config.json`; nil = the mean of all pieces.
    /// - Throws: files of another architecture than BERT, parts that do not fit together.
    public init(name: String, configuration: [UInt8], tokenizer: [UInt8], weights: [UInt8], pooling: [UInt8]? = nil) throws(Failure) {
        let shape = try EncoderShape(configuration)
        takesFirst = try Self.takesFirst(pooling)
        let tensors = try SafeTensors(weights)
        let width = shape.width
        embeddings = Embeddings(
            words: try tensors.values("embeddings.word_embeddings.weight", [shape.pieces, width]),
            positions: try tensors.values("embeddings.position_embeddings.weight", [shape.positions, width]),
            type: Array(try tensors.values("embeddings.token_type_embeddings.weight", [shape.types, width])[0..<width]),
            norm: try LayerNorm(tensors, "embeddings.LayerNorm", shape))
        var layers: [EncoderLayer] = []
        for layer in 0..<shape.layers { layers.append(try EncoderLayer(tensors, "encoder.layer.\(layer).", shape)) }
        self.layers = layers
        pieces = try WordPieces(tokenizer, size: shape.pieces)
        (model, dimensions, context) = (name, width, min(shape.positions, Self.mostPieces))
    }

    private static func takesFirst(_ pooling: [UInt8]?) throws(Failure) -> Bool {
        guard let pooling else { return false }
        let value = JSONValue(parsing: String(decoding: pooling, as: UTF8.self))
        switch (value?["pooling_mode_cls_token"]?.boolean, value?["pooling_mode_mean_tokens"]?.boolean) {
        case (true, false): return true
        case (false, true), (nil, true): return false
        default: throw .encoderFile("1_Pooling/config.json", found: "another pooling", expected: "the mean of all pieces, or the first")
        }
    }

    public func vectors(of texts: [String]) async throws(Failure) -> [Float] { texts.flatMap { vector(of: $0) } }

    /// Of length 1.
    public func vector(of text: String) -> [Float] {
        let places = pieces.places(of: text, most: context)
        var work = EncoderWork(places.count, layers[0].shape)
        let width = dimensions
        for (row, place) in places.enumerated() {
            for column in 0..<width {
                work.states[row * width + column] =
                    embeddings.words[Int(place) * width + column] + embeddings.positions[row * width + column] + embeddings.type[column]
            }
        }
        embeddings.norm.apply(&work.states, rows: places.count)
        for layer in layers { layer.apply(&work) }
        var vector = Array(work.states[0..<width])
        if !takesFirst {
            for row in 1..<places.count { for column in 0..<width { vector[column] += work.states[row * width + column] } }
        }
        let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
    }
}

/// The sizes of an encoder.
struct EncoderShape: Hashable, Sendable {
    var width: Int
    var layers: Int
    var heads: Int
    var inner: Int
    var positions: Int
    var pieces: Int
    var types: Int
    var epsilon: Float

    init(_ configuration: [UInt8]) throws(Failure) {
        let value = JSONValue(parsing: String(decoding: configuration, as: UTF8.self))
        guard value?["model_type"]?.string == "bert", value?["hidden_act"]?.string == "gelu" else {
            throw .encoderFile(
                "config.json", found: "\(value?["model_type"]?.string ?? "no architecture") with \(value?["hidden_act"]?.string ?? "none")",
                expected: "bert with gelu")
        }
        func size(_ name: String, _ range: ClosedRange<Int64>) throws(Failure) -> Int {
            guard let number = value?[name]?.integer, range.contains(number) else {
                throw .encoderFile("config.json", found: "no usable \(name)", expected: "\(range.lowerBound) to \(range.upperBound)")
            }
            return Int(number)
        }
        (width, layers, heads) = (
            try size("hidden_size", 1...8_192), try size("num_hidden_layers", 1...100), try size("num_attention_heads", 1...256)
        )
        (inner, positions) = (try size("intermediate_size", 1...65_536), try size("max_position_embeddings", 3...100_000))
        (pieces, types) = (try size("vocab_size", 3...10_000_000), try size("type_vocab_size", 1...16))
        epsilon = Float(value?["layer_norm_eps"]?.real ?? 1e-12)
        guard width % heads == 0, epsilon >= 0 else {
            throw .encoderFile("config.json", found: "\(heads) heads for \(width) values", expected: "a divisor")
        }
    }
}
