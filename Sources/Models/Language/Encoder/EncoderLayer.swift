import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Room for a text on its way through the layers.
struct EncoderWork {
    let rows: Int
    /// `rows` x width.
    var states: [Float]
    /// `rows` x 3 width: what each piece asks, what it is found by, what it tells.
    var looks: [Float]
    /// `rows` x `rows`, of one head.
    var weights: [Float]
    var mixed: [Float]
    /// What a step adds to the states.
    var added: [Float]
    var inner: [Float]

    init(_ rows: Int, _ shape: EncoderShape) {
        self.rows = rows
        states = [Float](repeating: 0, count: rows * shape.width)
        looks = [Float](repeating: 0, count: rows * shape.width * 3)
        weights = [Float](repeating: 0, count: rows * rows)
        (mixed, added) = (states, states)
        inner = [Float](repeating: 0, count: rows * shape.inner)
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
        looks.apply(work.states, into: &work.looks, rows: work.rows)
        attend(&work)
        mixed.apply(work.mixed, into: &work.added, rows: work.rows)
        for place in work.states.indices { work.states[place] += work.added[place] }
        mixedNorm.apply(&work.states, rows: work.rows)
        inner.apply(work.states, into: &work.inner, rows: work.rows)
        for place in work.inner.indices { work.inner[place] = Self.gelu(work.inner[place]) }
        outer.apply(work.inner, into: &work.added, rows: work.rows)
        for place in work.states.indices { work.states[place] += work.added[place] }
        outerNorm.apply(&work.states, rows: work.rows)
    }

    private func attend(_ work: inout EncoderWork) {
        let (rows, width, part) = (work.rows, shape.width, shape.width / shape.heads)
        let scale = 1 / Float(part).squareRoot()
        work.looks.withUnsafeBufferPointer { looks in
            work.weights.withUnsafeMutableBufferPointer { weights in
                work.mixed.withUnsafeMutableBufferPointer { mixed in
                    guard let looks = looks.baseAddress, let weights = weights.baseAddress, let mixed = mixed.baseAddress else { return }
                    for head in 0..<shape.heads {
                        let at = head * part
                        OpenBLAS.product(
                            .init(looks + at, stride: 3 * width), transposed: .init(looks + width + at, stride: 3 * width),
                            into: weights, stride: rows, rows: rows, columns: rows, inner: part, factor: scale)
                        for row in 0..<rows { Softmax.apply(weights + row * rows, rows, sharpness: 1) }
                        OpenBLAS.product(
                            .init(weights, stride: rows), .init(looks + 2 * width + at, stride: 3 * width), into: mixed + at,
                            stride: width, rows: rows, columns: part, inner: rows)
                    }
                }
            }
        }
    }

    /// x times the chance that a standard normal number is below x (D. Hendrycks and K. Gimpel, arXiv 1606.08415).
    @inline(__always)
    private static func gelu(_ x: Float) -> Float { 0.5 * x * (1 + erff(x * 0.707_106_77)) }
}

/// y = W x + b of each row.
private struct Dense: Sendable {
    /// `to` x `from`.
    let weights: [Float]
    let biases: [Float]
    let from: Int

    init(weights: [Float], biases: [Float], from: Int) { (self.weights, self.biases, self.from) = (weights, biases, from) }

    init(_ tensors: SafeTensors, _ name: String, from: Int, to: Int) throws(Failure) {
        self.init(
            weights: try tensors.values(name + ".weight", [to, from]), biases: try tensors.values(name + ".bias", [to]), from: from)
    }

    /// Writes `rows` x `to` numbers.
    func apply(_ source: [Float], into target: inout [Float], rows: Int) {
        let to = biases.count
        source.withUnsafeBufferPointer { source in
            weights.withUnsafeBufferPointer { weights in
                target.withUnsafeMutableBufferPointer { target in
                    guard let source = source.baseAddress, let weights = weights.baseAddress, let target = target.baseAddress else {
                        return
                    }
                    OpenBLAS.product(
                        .init(source, stride: from), transposed: .init(weights, stride: from), into: target, stride: to, rows: rows,
                        columns: to, inner: from)
                    for row in 0..<rows { for column in 0..<to { target[row * to + column] += biases[column] } }
                }
            }
        }
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

    func apply(_ states: inout [Float], rows: Int) {
        let width = gains.count
        for row in 0..<rows {
            var (sum, squares): (Float, Float) = (0, 0)
            for column in 0..<width { sum += states[row * width + column] }
            let mean = sum / Float(width)
            for column in 0..<width { squares += (states[row * width + column] - mean) * (states[row * width + column] - mean) }
            let scale = 1 / (squares / Float(width) + epsilon).squareRoot()
            for column in 0..<width {
                let place = row * width + column
                states[place] = (states[place] - mean) * scale * gains[column] + shifts[column]
            }
        }
    }
}
