package import Records

/// The rows of a training set that count: checked, and without those of weight 0.
package struct TrainingRows: Sendable {
    package let matrix: FeatureMatrix
    package let labels: [Float]
    /// Empty when all are 1.
    package let weights: [Float]

    /// - Throws: counts or names that do not fit, labels other than 0 or 1, weights below 0, infinite values, no rows, one class.
    package init(_ set: TrainingSet) throws(Failure) {
        let (matrix, rows) = (set.matrix, set.matrix.rowCount)
        guard set.featureNames.count == matrix.featureCount, set.labels.count == rows || matrix.featureCount == 0,
            set.weights.isEmpty || set.weights.count == set.labels.count
        else {
            throw .trainingCounts(
                features: matrix.featureCount, names: set.featureNames.count, rows: rows, labels: set.labels.count,
                weights: set.weights.count)
        }
        var seen: Set<String> = []
        for name in set.featureNames where name.isEmpty || !seen.insert(name).inserted { throw .trainingNames(repeated: name) }
        for (row, label) in set.labels.enumerated() where label != 0 && label != 1 { throw .trainingLabel(row: row, found: label) }
        for (row, weight) in set.weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .trainingWeight(row: row, found: weight)
        }
        try matrix.checkFinite(set.featureNames)
        guard set.signs.isEmpty || set.signs.count == matrix.featureCount else {
            throw .trainingSigns(found: set.signs.count, features: matrix.featureCount)
        }
        if let validation = set.validation { try Self.check(validation, set) }
        if set.weights.contains(0) {
            let kept = set.weights.indices.filter { set.weights[$0] > 0 }
            (self.matrix, labels, weights) = (matrix.rows(kept), kept.map { set.labels[$0] }, kept.map { set.weights[$0] })
        } else {
            (self.matrix, labels, weights) = (matrix, set.labels, set.weights)
        }
        guard self.matrix.rowCount > 0 else { throw .trainingEmpty() }
        let positives = labels.count { $0 == 1 }
        guard positives > 0, positives < labels.count else { throw .trainingOneClass(positives: positives, rows: labels.count) }
    }

    private static func check(_ validation: TrainingSet.Validation, _ set: TrainingSet) throws(Failure) {
        let (matrix, labels) = (validation.matrix, validation.labels)
        guard matrix.featureCount == set.matrix.featureCount, matrix.rowCount == labels.count, validation.patience >= 1 else {
            throw .trainingCounts(
                features: matrix.featureCount, names: set.featureNames.count, rows: matrix.rowCount, labels: labels.count, weights: 0)
        }
        for (row, label) in labels.enumerated() where label != 0 && label != 1 { throw .trainingLabel(row: row, found: label) }
        try matrix.checkFinite(set.featureNames)
        let positives = labels.count { $0 == 1 }
        guard positives > 0, positives < labels.count else { throw .calibrationRows(rows: labels.count, positives: positives) }
    }
}

extension FeatureMatrix {
    /// - Throws: the first infinite value, with its row and feature. NaN is missing and passes.
    package func checkFinite(_ featureNames: [String]) throws(Failure) {
        guard !values.withUnsafeBufferPointer({ Self.isFinite($0[...]) }), let at = values.firstIndex(where: \.isInfinite) else { return }
        throw .matrixInfinite(row: at / featureCount, feature: featureNames[at % featureCount])
    }

    /// Whether no value is infinite, without a branch, so that many are looked at at once. NaN is missing and passes.
    static func isFinite(_ values: Slice<UnsafeBufferPointer<Float>>) -> Bool {
        var infinite: UInt32 = 0
        for value in UnsafeBufferPointer(rebasing: values) { infinite |= value.bitPattern & 0x7fff_ffff == 0x7f80_0000 ? 1 : 0 }
        return infinite == 0
    }
}
