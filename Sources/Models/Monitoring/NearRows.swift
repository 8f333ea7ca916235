/// Rows that look alike to a model: each feature falls into the same cell of its column.
struct NearRows {
    private let rows: LabelRows
    private let likeness: Double

    init(_ rows: LabelRows, likeness: Double) { (self.rows, self.likeness) = (rows, likeness) }

    /// Groups of alike rows with both labels, a person's among them. Two grids, half a cell apart, so that few alike rows are parted by a
    /// border in both; a row of the first grid's findings is not named again.
    func contradictions() -> [LabelFinding] {
        guard let matrix = rows.matrix, matrix.featureCount > 0 else { return [] }
        let cells = (0..<matrix.featureCount).map { cell(matrix, $0) }
        var named: Set<Int> = []
        var findings: [LabelFinding] = []
        for shift in [0, 0.5] {
            let keys = rows.labels.indices.map { key(matrix, $0, cells, shift: shift) }
            let order = keys.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0].lexicographicallyPrecedes(keys[$1]) }
            var start = 0
            while start < order.count {
                var end = start + 1
                while end < order.count, keys[order[end]] == keys[order[start]] { end += 1 }
                let group = order[start..<end]
                start = end
                let frauds = group.count { rows.labels[$0] == 1 }
                guard frauds > 0, frauds < group.count, group.contains(where: { rows.actors[$0] >= 0 }), named.isDisjoint(with: group)
                else { continue }
                named.formUnion(group)
                let reason = "Of \(group.count) rows that look alike to the model, \(frauds) are called fraud and the rest genuine."
                findings.append(LabelFinding(kind: .contradiction, actor: nil, rows: group.sorted(), reason: reason))
            }
        }
        return findings.sorted { ($0.rows.first ?? 0) < ($1.rows.first ?? 0) }
    }

    /// Width of a column's cells; 0 = equal values only.
    private func cell(_ matrix: FeatureMatrix, _ column: Int) -> Double {
        var values = stride(from: column, to: matrix.values.count, by: matrix.featureCount).map { Double(matrix.values[$0]) }
        values.removeAll { $0.isNaN }
        values.sort()
        guard values.count >= 4 else { return 0 }
        return likeness * (values[values.count * 3 / 4] - values[values.count / 4])
    }

    private func key(_ matrix: FeatureMatrix, _ row: Int, _ cells: [Double], shift: Double) -> [Int64] {
        cells.indices.map { column in
            let value = Double(matrix.values[row * cells.count + column])
            if value.isNaN { return .min }
            guard cells[column] > 0 else { return Int64(bitPattern: (value + 0).bitPattern) }
            let place = (value / cells[column] + shift).rounded(.down)
            return abs(place) < 0x1p62 ? Int64(place) : place < 0 ? .min + 1 : .max
        }
    }
}
