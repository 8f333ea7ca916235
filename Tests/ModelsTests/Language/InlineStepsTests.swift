import CInline
import Foundation
import PipelineTesting
import Testing

/// The loops in C that are written once and compiled for processors with and without wide registers: both must give the same bits.
@Suite("Loops in C") struct InlineStepsTests {
    private static func numbers(_ count: Int, in range: ClosedRange<Float>, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float.random(in: range, using: &random) }
    }

    private static func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    @Test("margins are the plain sums to the bit, for any number of classes and grams", arguments: [16, 32, 48, 64, 80, 96, 112, 208])
    func margins(classes: Int) {
        var random = SeededGenerator(seed: UInt64(classes))
        let rows = 500
        let weights = (0..<rows * classes).map { _ in Int8.random(in: -127...127, using: &random) }
        let scales = Self.numbers(rows, in: 0...0.1, seed: 2)
        for count in [0, 1, 11, 12, 13, 300] {
            let places = (0..<count).map { _ in Int32.random(in: 0..<Int32(rows), using: &random) }
            let values = Self.numbers(count, in: -1...1, seed: 3), start = Self.numbers(classes, in: -1...1, seed: 4)
            var (wide, anywhere, plain) = (start, start, start)
            textMargins(weights, scales, classes, places, values, count, &wide)
            textMarginsAnywhere(weights, scales, classes, places, values, count, &anywhere)
            for gram in 0..<count {
                let row = Int(places[gram]), value = values[gram] * scales[row]
                for lane in 0..<classes { plain[lane] += Float(weights[row * classes + lane]) * value }
            }
            #expect(Self.bits(wide) == Self.bits(plain) && Self.bits(anywhere) == Self.bits(plain), "\(count)")
        }
    }

    @Test("the control: added with one rounding instead of two the sums are others")
    func rounding() {
        let weights = (0..<16 * 64).map { Int8(truncatingIfNeeded: $0 &* 73) }, scales = Self.numbers(64, in: 0...0.1, seed: 5)
        let values = Self.numbers(64, in: -1...1, seed: 6)
        var sums = [Float](repeating: 0, count: 16), once = sums
        textMargins(weights, scales, 16, (0..<64).map { Int32($0) }, values, 64, &sums)
        for gram in 0..<64 {
            for lane in 0..<16 { once[lane] = once[lane].addingProduct(Float(weights[gram * 16 + lane]), values[gram] * scales[gram]) }
        }
        #expect(sums != once && zip(sums, once).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test("grams are found where they stand in the slots, also behind others, and unknown ones are passed over")
    func places() {
        var random = SeededGenerator(seed: 7)
        let known: [UInt64] = (0..<700).map { _ in UInt64.random(in: 1...(.max), using: &random) | UInt64(1) << 40 }
        var slots = [UInt64](repeating: 0, count: 1_024)
        for (place, gram) in known.enumerated() {
            var at = Int(gram & 1_023)
            while slots[at] != 0 { at = (at + 1) & 1_023 }
            slots[at] = gram & 0xFFFF_FFFF_0000_0000 | UInt64(place + 1)
        }
        var asked: [UInt64] = [], expected: [Int32] = []
        for number in 0..<1_000 {
            if number % 3 == 2 {
                // Without the bit that all known ones have.
                asked.append(UInt64.random(in: 0...(.max), using: &random) & ~(UInt64(1) << 40))
            } else {
                asked.append(known[number % 700])
                expected.append(Int32(number % 700))
            }
        }
        var found = [Int32](repeating: -1, count: asked.count)
        let count = textPlaces(slots, 1_023, asked, asked.count, &found)
        #expect(Array(found[..<count]) == expected)
    }

    @Test("the activation is x times the normal distribution, and the same bits on both kinds of processors")
    func activation() {
        let values = stride(from: Float(-12), to: 12, by: 0.01).map(\.self)
        let padded = values + [Float](repeating: 0, count: (8 - values.count % 8) % 8)
        var (wide, plain) = (padded, padded)
        encoderGelu(&wide, padded.count)
        encoderGeluStep(&plain, padded.count)
        #expect(Self.bits(wide) == Self.bits(plain))
        for (x, y) in zip(padded, wide) {
            #expect(abs(Double(y) - 0.5 * Double(x) * erfc(-Double(x) / 2.0.squareRoot())) < 1e-6, "\(x)")
        }
    }

    @Test("shares add up to 1, as the exponential says, without those after the columns; the same bits on both")
    func shares() {
        for columns in [1, 7, 8, 9, 31, 200] {
            let stride = (columns + 15) / 16 * 16, rows = 5
            let values = Self.numbers(rows * stride, in: -20...20, seed: UInt64(columns))
            var (wide, plain) = (values, values)
            encoderShare(&wide, rows, columns, stride)
            encoderShareStep(&plain, rows, columns, stride)
            #expect(Self.bits(wide) == Self.bits(plain))
            for row in 0..<rows {
                let own = values[row * stride..<row * stride + columns].map { exp(Double($0)) }, sum = own.reduce(0, +)
                for column in 0..<stride {
                    let truth = column < columns ? own[column] / sum : 0
                    #expect(abs(Double(wide[row * stride + column]) - truth) < 1e-6)
                }
            }
        }
    }

    @Test("a norm has mean 0 and variance 1 before gains and shifts; the same bits on both")
    func norm() {
        let (rows, width) = (3, 40)
        let states = Self.numbers(rows * width, in: -3...5, seed: 8), added = Self.numbers(rows * width, in: -1...1, seed: 9)
        let biases = Self.numbers(width, in: -1...1, seed: 10), gains = Self.numbers(width, in: 0.5...2, seed: 11)
        let shifts = Self.numbers(width, in: -1...1, seed: 12)
        for adds in [true, false] {
            var (wide, plain) = (states, states)
            if adds {
                encoderNorm(&wide, added, biases, gains, shifts, 1e-12, rows, width)
                encoderNormStep(&plain, added, biases, gains, shifts, 1e-12, rows, width)
            } else {
                encoderNorm(&wide, nil, nil, gains, shifts, 1e-12, rows, width)
                encoderNormStep(&plain, nil, nil, gains, shifts, 1e-12, rows, width)
            }
            #expect(Self.bits(wide) == Self.bits(plain))
            for row in 0..<rows {
                let own = (0..<width).map { column in
                    Double(states[row * width + column])
                        + (adds ? Double(added[row * width + column]) + Double(biases[column]) : 0)
                }
                let mean = own.reduce(0, +) / Double(width)
                let deviation = (own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)).squareRoot()
                for column in 0..<width {
                    let truth = (own[column] - mean) / deviation * Double(gains[column]) + Double(shifts[column])
                    #expect(abs(Double(wide[row * width + column]) - truth) < 1e-5)
                }
            }
        }
    }

    @Test("products of rows that lie apart are those of rows side by side, to the bit, for any number of rows", arguments: 1...13)
    func apart(rows: Int) {
        let (factors, apart, blocks) = (19, 23, 3)
        let packed = Self.numbers(blocks * factors * 16, in: -1...1, seed: 13), queries = Self.numbers(rows * apart, in: -1...1, seed: 14)
        var wide = [Float](repeating: 0, count: rows * 50), plain = wide, close = wide
        innerProductsApart(packed, queries, apart, rows, factors, blocks, &wide, 50)
        innerProductsAnywhere(packed, queries, apart, rows, factors, blocks, &plain, 50)
        let together = (0..<rows).flatMap { Array(queries[$0 * apart..<$0 * apart + factors]) }
        innerProducts(packed, together, rows, factors, blocks, &close, 50)
        #expect(Self.bits(wide) == Self.bits(plain) && Self.bits(wide) == Self.bits(close))
        #expect(wide.contains { $0 != 0 })
    }
}
