#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How far predictions miss on units that the model had not seen, by the size of the prediction.
///
/// Residuals (truth minus prediction) come from cross-fitting over units (R. Barber et al., "Predictive inference with the jackknife+",
/// 2021, in its pooled form, which has no worst-case bound but the coverage of the folds; a test leaves units out and counts). Every unit
/// weighs the same in a bin, and a bin's levels are widened by (m + 1) / m for its m units (split conformal, V. Vovk, 2005, with units for
/// rows, as R. Dunn et al., "Distribution-free prediction sets for two-layer hierarchical models", 2022). Between the middles of bins the
/// tables are mixed linearly, so that quantiles never cross.
package struct ConformalResiduals: Hashable, Sendable {
    /// Levels of a table: 0, 1/100 ... 1.
    private static let levels = 100

    /// Middles of the bins, rising.
    private var middles: [Float] = []
    /// Of each bin, its residuals at the levels.
    private var tables: [[Float]] = []
    private var units: [Int] = []

    /// No residuals: every quantile is the prediction itself.
    package init() {}

    /// - Parameter bins: most bins; as many as leave at least 10 units in each, or one. A unit that was predicted often is in several.
    package init(predictions: [Float], targets: [Float], groups: [Int], bins: Int = 12) {
        precondition(predictions.count == targets.count && groups.count == targets.count)
        let order = predictions.indices.sorted { (predictions[$0], $0) < (predictions[$1], $1) }
        func rows(_ bin: Int, of count: Int) -> ArraySlice<Int> { order[(order.count * bin / count)..<(order.count * (bin + 1) / count)] }
        let count =
            (1...max(bins, 1)).last { count in
                (0..<count).allSatisfy { bin in Set(rows(bin, of: count).map { groups[$0] }).count >= 10 }
            } ?? 1
        for bin in 0..<count {
            let rows = rows(bin, of: count)
            guard !rows.isEmpty else { continue }
            var sizes: [Int: Int] = [:]
            for row in rows { sizes[groups[row], default: 0] += 1 }
            let weighted = rows.map { (value: targets[$0] - predictions[$0], weight: 1 / Double(sizes[groups[$0]] ?? 1)) }
            middles.append(predictions[rows[rows.startIndex + rows.count / 2]])
            tables.append(Self.table(weighted.sorted { $0.value < $1.value }))
            units.append(sizes.count)
        }
    }

    private static func table(_ sorted: [(value: Float, weight: Double)]) -> [Float] {
        let total = sorted.reduce(0) { $0 + $1.weight }
        var (result, at, below): ([Float], Int, Double) = ([], 0, 0)
        for level in 0...levels {
            let wanted = total * Double(level) / Double(levels)
            while at < sorted.count - 1, below + sorted[at].weight < wanted - 1e-9 {
                below += sorted[at].weight
                at += 1
            }
            result.append(sorted[at].value)
        }
        return result
    }

    package var isEmpty: Bool { tables.isEmpty }

    /// The value that the truth stays below with this probability, given the prediction.
    ///
    /// - Parameter widened: for limits that hold on units never seen; otherwise as it was observed, for means over the distribution.
    package func quantile(_ level: Double, at prediction: Float, widened: Bool = true) -> Float {
        isEmpty ? prediction : quantile(level, at: prediction, place(of: prediction), widened: widened)
    }

    private func quantile(_ level: Double, at prediction: Float, _ place: (bin: Int, share: Float), widened: Bool) -> Float {
        let low = residual(level, bin: place.bin, widened: widened)
        guard place.share != 0 else { return prediction + low }
        return prediction + (low + place.share * (residual(level, bin: place.bin + 1, widened: widened) - low))
    }

    /// Probability that the truth is at most `limit`, given the prediction: what `quantile` is the inverse of.
    package func probability(atMost limit: Float, at prediction: Float) -> Float {
        guard !isEmpty else { return prediction <= limit ? 1 : 0 }
        var (low, high) = (0.0, 1.0)
        let place = place(of: prediction)
        guard quantile(0, at: prediction, place, widened: true) <= limit else { return 0 }
        guard quantile(1, at: prediction, place, widened: true) > limit else { return 1 }
        for _ in 0..<30 {
            let middle = (low + high) / 2
            if quantile(middle, at: prediction, place, widened: true) <= limit { low = middle } else { high = middle }
        }
        return Float(low)
    }

    private func place(of prediction: Float) -> (bin: Int, share: Float) {
        guard let last = middles.last, prediction < last else { return (middles.count - 1, 0) }
        guard prediction > middles[0] else { return (0, 0) }
        let bin = (middles.firstIndex { $0 > prediction } ?? 1) - 1
        let width = middles[bin + 1] - middles[bin]
        return (bin, width > 0 ? (prediction - middles[bin]) / width : 0)
    }

    /// At the level, or at the level moved outwards by (m + 1) / m; within the table.
    private func residual(_ level: Double, bin: Int, widened: Bool) -> Float {
        let outwards = widened ? Double(units[bin] + 1) / Double(units[bin]) : 1
        let position = min(max(0.5 + (level - 0.5) * outwards, 0), 1) * Double(Self.levels)
        let below = min(Int(position), Self.levels - 1)
        let (a, b) = (tables[bin][below], tables[bin][below + 1])
        return a + Float(position - Double(below)) * (b - a)
    }

    // MARK: Bytes

    /// Little-endian 32-bit words: counts, quantiles (two words each), then bin after bin.
    func bytes(quantiles: [Double]) -> [UInt8] {
        var words: [UInt32] = [UInt32(quantiles.count), UInt32(middles.count)]
        for quantile in quantiles {
            words += [UInt32(truncatingIfNeeded: quantile.bitPattern), UInt32(truncatingIfNeeded: quantile.bitPattern >> 32)]
        }
        for bin in middles.indices { words += [UInt32(units[bin]), middles[bin].bitPattern] + tables[bin].map(\.bitPattern) }
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    static func read(_ bytes: [UInt8]) -> (residuals: ConformalResiduals, quantiles: [Double])? {
        guard bytes.count % 4 == 0, bytes.count >= 8 else { return nil }
        let words = stride(from: 0, to: bytes.count, by: 4).map { at in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        }
        let (quantiles, bins) = (Int(words[0]), Int(words[1]))
        guard quantiles <= 99, bins <= 10_000, words.count == 2 + 2 * quantiles + bins * (levels + 3) else { return nil }
        var result = ConformalResiduals()
        for bin in 0..<bins {
            let start = 2 + 2 * quantiles + bin * (levels + 3)
            guard words[start] > 0 else { return nil }
            result.units.append(Int(words[start]))
            result.middles.append(Float(bitPattern: words[start + 1]))
            result.tables.append(words[(start + 2)..<(start + levels + 3)].map { Float(bitPattern: $0) })
        }
        return (
            result,
            (0..<quantiles).map { Double(bitPattern: UInt64(words[2 + 2 * $0]) | UInt64(words[3 + 2 * $0]) << 32) }
        )
    }
}
