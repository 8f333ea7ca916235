import CInline
public import Records

/// A sentence encoder of the BERT kind that runs here, from weights that its user has: a text becomes a vector that lies near those of texts
/// of like meaning (J. Devlin et al., arXiv 1810.04805; N. Reimers and I. Gurevych, arXiv 1908.10084).
///
/// A text's vector does not depend on its neighbours, on threads, nor on the processor: every sum is made in one order. Texts beyond the context
/// are cut, as such encoders do.
public struct SentenceEncoder: Embedder {
    public var family: String { "encoder" }
    /// The name, and the beginning of the digest.
    public let model: String
    /// SHA-256 of the files as the catalog keeps them, lower-case hex.
    public let digest: String
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

    /// - Throws: files of another architecture than BERT, parts that do not fit together.
    public init(_ files: EncoderFiles) throws(Failure) {
        let shape = try EncoderShape(files.configuration)
        takesFirst = try Self.takesFirst(files.pooling)
        let tensors = try SafeTensors(files.weights)
        let width = shape.width
        embeddings = Embeddings(
            words: try tensors.values("embeddings.word_embeddings.weight", [shape.pieces, width]),
            positions: try tensors.values("embeddings.position_embeddings.weight", [shape.positions, width]),
            type: Array(try tensors.values("embeddings.token_type_embeddings.weight", [shape.types, width])[0..<width]),
            norm: try LayerNorm(tensors, "embeddings.LayerNorm", shape))
        var layers: [EncoderLayer] = []
        for layer in 0..<shape.layers { layers.append(try EncoderLayer(tensors, "encoder.layer.\(layer).", shape)) }
        self.layers = layers
        pieces = try WordPieces(files.tokenizer, size: shape.pieces)
        (dimensions, context) = (width, min(shape.positions, Self.mostPieces))
        digest = ModelVersion.digest(of: files.serialized())
        model = "\(files.name)@\(digest.prefix(8))"
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

    public func vectors(of texts: [String]) async throws(Failure) -> [Float] { meanings(of: texts).flatMap(\.self) }

    /// Of length 1.
    public func vector(of text: String) -> [Float] { meanings(of: [text])[0] }

    /// Pieces that go through the layers together: weights are read from memory once for all of them.
    private static let piecesTogether = 96

    /// The vector of each text, of length 1.
    public func meanings(of texts: [String]) -> [[Float]] {
        var (vectors, together): ([[Float]], [[Int32]]) = ([], [])
        vectors.reserveCapacity(texts.count)
        var count = 0
        for text in texts {
            let places = pieces.places(of: text, most: context)
            if count + places.count > Self.piecesTogether, !together.isEmpty {
                vectors += self.vectors(ofPieces: together)
                (together, count) = ([], 0)
            }
            together.append(places)
            count += places.count
        }
        return together.isEmpty ? vectors : vectors + self.vectors(ofPieces: together)
    }

    /// The same on several threads; texts that are not UTF-8 lose what is none.
    package func meanings(of texts: [[UInt8]], threads: Int) -> [[Float]] {
        let size = 256
        var all = [[Float]](repeating: [], count: texts.count)
        all.withUnsafeMutableBufferPointer { all in
            guard let base = all.baseAddress else { return }
            let shared = SharedPointer(base)
            FixedBlocks.run(FixedBlocks.count(of: texts.count, size: size), threads: threads) { block, _ in
                let range = FixedBlocks.range(block, of: texts.count, size: size)
                let own = meanings(of: texts[range].map { String(decoding: $0, as: UTF8.self) })
                for (row, vector) in zip(range, own) { shared[row] = vector }
            }
        }
        return all
    }

    private func vectors(ofPieces texts: [[Int32]]) -> [[Float]] {
        let width = dimensions
        var (ranges, start): ([Range<Int>], Int) = ([], 0)
        for text in texts {
            ranges.append(start..<start + text.count)
            start += text.count
        }
        var work = EncoderWork(ranges, layers[0].shape)
        for (range, text) in zip(ranges, texts) {
            for (position, place) in text.enumerated() {
                let row = (range.lowerBound + position) * width
                for column in 0..<width {
                    work.states[row + column] =
                        embeddings.words[Int(place) * width + column] + embeddings.positions[position * width + column]
                        + embeddings.type[column]
                }
            }
        }
        embeddings.norm.apply(&work.states, rows: work.rows)
        for layer in layers { layer.apply(&work) }
        return ranges.map { range in
            var vector = Array(work.states[range.lowerBound * width..<(range.lowerBound + 1) * width])
            if !takesFirst {
                for row in range.dropFirst() { for column in 0..<width { vector[column] += work.states[row * width + column] } }
            }
            let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / length }
        }
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

    private static let lanes = Int(ENCODER_LANES)

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
        guard width % Self.lanes == 0, inner % Self.lanes == 0 else {
            throw .encoderFile("config.json", found: "\(width) and \(inner) values", expected: "multiples of \(Self.lanes)")
        }
    }
}
