import CInline
import Records

/// Room for some texts on their way through the layers, one after the other.
struct EncoderWork {
    /// Pieces of each text, as rows of what follows.
    let texts: [Range<Int>]
    let rows: Int
    /// `rows` x width.
    var states: [Float]
    /// `rows` x 3 width: what each piece asks, what it is found by, what it tells.
    var looks: [Float]
    var mixed: [Float]
    /// What a step adds to the states.
    var added: [Float]
    var inner: [Float]
    var head: HeadRoom

    /// For one head of one text.
    struct HeadRoom {
        /// What pieces are found by and what they tell, laid out for products.
        var found: [Float]
        var told: [Float]
        /// Of each piece, how much it looks at each.
        var shares: [Float]
        /// Of each piece, what it gathers.
        var gathered: [Float]

        init(rows: Int, part: Int) {
            let (ends, width) = (PackedVectors.filled(rows), PackedVectors.filled(part))
            found = [Float](repeating: 0, count: ends * part)
            told = [Float](repeating: 0, count: width * rows)
            shares = [Float](repeating: 0, count: rows * ends)
            gathered = [Float](repeating: 0, count: rows * width)
        }
    }

    init(_ texts: [Range<Int>], _ shape: EncoderShape) {
        let rows = texts.last?.upperBound ?? 0
        (self.texts, self.rows) = (texts, rows)
        states = [Float](repeating: 0, count: rows * shape.width)
        looks = [Float](repeating: 0, count: rows * shape.width * 3)
        (mixed, added) = (states, states)
        inner = [Float](repeating: 0, count: rows * shape.inner)
        head = HeadRoom(rows: texts.map(\.count).max() ?? 0, part: shape.width / shape.heads)
    }
}

/// Attention and a network of two steps, each added to what came in and brought to one scale.
struct EncoderLayer: Sendable {
    let shape: EncoderShape
    private let looks: Dense
    private let mixed: Dense
    private let mixedNorm: LayerNorm
    private let inner: Dense
    private let outer: Dense
    private let outerNorm: LayerNorm

    init(_ tensors: SafeTensors, _ name: String, _ shape: EncoderShape) throws(Failure) {
        self.shape = shape
        let width = shape.width
        var (weights, biases): ([Float], [Float]) = ([], [])
        for part in ["query", "key", "value"] {
            weights += try tensors.values(name + "attention.self.\(part).weight", [width, width])
            biases += try tensors.values(name + "attention.self.\(part).bias", [width])
        }
        looks = Dense(weights: weights, biases: biases, from: width)
        mixed = try Dense(tensors, name + "attention.output.dense", from: width, to: width)
        mixedNorm = try LayerNorm(tensors, name + "attention.output.LayerNorm", shape)
        inner = try Dense(tensors, name + "intermediate.dense", from: width, to: shape.inner)
        outer = try Dense(tensors, name + "output.dense", from: shape.inner, to: width)
        outerNorm = try LayerNorm(tensors, name + "output.LayerNorm", shape)
    }

    func apply(_ work: inout EncoderWork) {
        let rows = work.rows
        looks.apply(work.states, into: &work.looks, rows: rows)
        looks.addBiases(to: &work.looks, rows: rows)
        for text in work.texts { attend(text, &work) }
        mixed.apply(work.mixed, into: &work.added, rows: rows)
        mixedNorm.apply(&work.states, adding: work.added, mixed.biases, rows: rows)
        inner.apply(work.states, into: &work.inner, rows: rows)
        inner.addBiases(to: &work.inner, rows: rows)
        work.inner.withUnsafeMutableBufferPointer { encoderGelu($0.baseAddress, $0.count) }
        outer.apply(work.inner, into: &work.added, rows: rows)
        outerNorm.apply(&work.states, adding: work.added, outer.biases, rows: rows)
    }

    /// Each piece of a text gathers what the others tell, most from those that answer what it asks.
    private func attend(_ text: Range<Int>, _ work: inout EncoderWork) {
        let (width, part) = (shape.width, shape.width / shape.heads), mixedAt = text.lowerBound * width
        work.looks.withUnsafeMutableBufferPointer { looks in
            work.mixed.withUnsafeMutableBufferPointer { mixed in
                guard let looks = looks.baseAddress.map({ $0 + text.lowerBound * 3 * width }), let mixed = mixed.baseAddress else { return }
                for head in 0..<shape.heads {
                    Self.gather(
                        looks + head * part, pieces: text.count, part: part, width: width, into: mixed + mixedAt + head * part, &work.head)
                }
            }
        }
    }

    private static func gather(
        _ asked: UnsafeMutablePointer<Float>, pieces: Int, part: Int, width: Int, into mixed: UnsafeMutablePointer<Float>,
        _ room: inout EncoderWork.HeadRoom
    ) {
        let (lanes, apart) = (PackedVectors.lanes, 3 * width), found = asked + width, told = asked + 2 * width
        let (ends, filled) = (PackedVectors.filled(pieces), PackedVectors.filled(part)), scale = 1 / Float(part).squareRoot()
        room.found.withUnsafeMutableBufferPointer { packedFound in
            room.told.withUnsafeMutableBufferPointer { packedTold in
                room.shares.withUnsafeMutableBufferPointer { shares in
                    room.gathered.withUnsafeMutableBufferPointer { gathered in
                        for piece in 0..<pieces {
                            for column in 0..<part {
                                packedFound[(piece / lanes * part + column) * lanes + piece % lanes] = found[piece * apart + column] * scale
                                packedTold[(column / lanes * pieces + piece) * lanes + column % lanes] = told[piece * apart + column]
                            }
                        }
                        innerProductsApart(
                            packedFound.baseAddress, asked, apart, pieces, part, ends / lanes, shares.baseAddress, ends)
                        encoderShare(shares.baseAddress, pieces, pieces, ends)
                        innerProductsApart(
                            packedTold.baseAddress, shares.baseAddress, ends, pieces, pieces, filled / lanes, gathered.baseAddress, filled)
                        for piece in 0..<pieces {
                            for column in 0..<part { mixed[piece * width + column] = gathered[piece * filled + column] }
                        }
                    }
                }
            }
        }
    }
}

/// y = W x + b of each row.
private struct Dense: Sendable {
    private let weights: PackedVectors
    let biases: [Float]

    init(weights: [Float], biases: [Float], from: Int) { (self.weights, self.biases) = (PackedVectors(weights, factors: from), biases) }

    init(_ tensors: SafeTensors, _ name: String, from: Int, to: Int) throws(Failure) {
        self.init(
            weights: try tensors.values(name + ".weight", [to, from]), biases: try tensors.values(name + ".bias", [to]), from: from)
    }

    /// Writes `rows` x `to` numbers, without the biases.
    func apply(_ source: [Float], into target: inout [Float], rows: Int) {
        let (to, stride) = (biases.count, PackedVectors.filled(biases.count))
        guard to < stride else { return multiply(source, into: &target, rows: rows) }
        var wide = [Float](repeating: 0, count: rows * stride)
        multiply(source, into: &wide, rows: rows)
        for row in 0..<rows { for column in 0..<to { target[row * to + column] = wide[row * stride + column] } }
    }

    private func multiply(_ source: [Float], into target: inout [Float], rows: Int) {
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                guard let source = source.baseAddress, let target = target.baseAddress else { return }
                weights.multiply(
                    source, rows: rows, blocks: 0..<weights.blocks, into: target, stride: weights.blocks * PackedVectors.lanes)
            }
        }
    }

    func addBiases(to target: inout [Float], rows: Int) {
        target.withUnsafeMutableBufferPointer { encoderBias($0.baseAddress, biases, rows, biases.count) }
    }
}

/// Each row with mean 0 and variance 1, then times a gain and plus a shift.
struct LayerNorm: Sendable {
    private let gains: [Float]
    private let shifts: [Float]
    private let epsilon: Float

    init(_ tensors: SafeTensors, _ name: String, _ shape: EncoderShape) throws(Failure) {
        (gains, shifts) = (try tensors.values(name + ".weight", [shape.width]), try tensors.values(name + ".bias", [shape.width]))
        epsilon = shape.epsilon
    }

    /// - Parameter added: `rows` x width, added first together with the biases; nil = nothing.
    func apply(_ states: inout [Float], adding added: [Float]? = nil, _ biases: [Float] = [], rows: Int) {
        states.withUnsafeMutableBufferPointer { states in
            guard let added else {
                return encoderNorm(states.baseAddress, nil, nil, gains, shifts, epsilon, rows, gains.count)
            }
            encoderNorm(states.baseAddress, added, biases, gains, shifts, epsilon, rows, gains.count)
        }
    }
}
