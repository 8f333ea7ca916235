/// How the values of each column are counted: bins with about as many reference values each, and one for missing values.
///
/// Fit them on rows before the reference days (the training rows): then they are the same whatever day is compared with which.
public struct DriftBins: Hashable, Sendable, Codable {
    public struct Column: Hashable, Sendable, Codable {
        public var name: String
        /// Rising; a value belongs to the first bin whose edge is not below it, those above all edges to the last.
        public var edges: [Float]
        /// Where its bins begin in a block's counts; the last bin is the missing values'.
        public var start: Int
        public var binCount: Int { edges.count + 2 }
    }

    public private(set) var columns: [Column] = []
    /// Bins of all columns.
    public var binCount: Int { columns.reduce(0) { $0 + $1.binCount } }

    /// - Parameters:
    ///   - names: one a column of the matrix.
    ///   - bins: at least 2 a column; fewer where values repeat.
    public init(fittedTo matrix: FeatureMatrix, names: [String], bins: Int = 10) {
        precondition(names.count == matrix.featureCount && bins >= 2, "a name a column, two bins or more")
        for column in names.indices {
            var values = stride(from: column, to: matrix.values.count, by: matrix.featureCount).map { matrix.values[$0] }
            values.removeAll { $0.isNaN }
            values.sort()
            var edges: [Float] = []
            for bin in 1..<bins where !values.isEmpty {
                let edge = values[min(values.count * bin / bins, values.count - 1)]
                // An edge at the highest value would leave the last bin empty.
                if edge != edges.last, let highest = values.last, edge < highest { edges.append(edge) }
            }
            columns.append(Column(name: names[column], edges: edges, start: binCount))
        }
    }

    /// Counts the rows of each block (a day, or an entity of a day).
    ///
    /// - Parameters:
    ///   - blocks: an identifier a row.
    ///   - strata: from a block's identifier to its stratum (the weekday, say): blocks are only exchanged within one.
    /// - Returns: in rising order of identifier.
    public func counts(of matrix: FeatureMatrix, blocks: [Int], strata: (Int) -> Int = { _ in 0 }) -> [DriftBlock] {
        precondition(matrix.featureCount == columns.count && matrix.rowCount == blocks.count, "the columns of the bins, a block a row")
        let identifiers = Set(blocks).sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(identifiers, 0...))
        let width = binCount
        var all = [UInt32](repeating: 0, count: identifiers.count * width)
        for row in blocks.indices {
            let base = (places[blocks[row]] ?? 0) * width
            for (column, definition) in columns.enumerated() {
                all[base + definition.start + Self.bin(matrix.values[row * columns.count + column], definition.edges)] += 1
            }
        }
        return identifiers.enumerated().map { place, identifier in
            DriftBlock(stratum: strata(identifier), counts: Array(all[place * width..<(place + 1) * width]))
        }
    }

    private static func bin(_ value: Float, _ edges: [Float]) -> Int {
        if value.isNaN { return edges.count + 1 }
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The counts of rows that belong together: of a day, or of an entity.
public struct DriftBlock: Hashable, Sendable, Codable {
    public var stratum: Int
    /// One a bin, all columns after each other.
    public var counts: [UInt32]

    public init(stratum: Int = 0, counts: [UInt32]) { (self.stratum, self.counts) = (stratum, counts) }
}
