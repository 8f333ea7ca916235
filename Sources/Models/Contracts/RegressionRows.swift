package import Records

extension RegressionSet {
    /// The rows that count: checked, and without those of weight 0.
    ///
    /// - Throws: counts or names that do not fit, targets that are not finite, weights below 0, infinite values, no rows.
    package func checked() throws(Failure) -> RegressionSet {
        let rows = matrix.rowCount
        guard featureNames.count == matrix.featureCount, targets.count == rows, weights.isEmpty || weights.count == rows,
            groups.isEmpty || groups.count == rows
        else {
            throw .trainingCounts(
                features: matrix.featureCount, names: featureNames.count, rows: rows, labels: targets.count, weights: weights.count)
        }
        try Self.check(names: featureNames, weights: weights)
        for (row, target) in targets.enumerated() where !target.isFinite { throw .trainingTarget(row: row, found: target) }
        try matrix.checkFinite(featureNames)
        let kept = weights.contains(0) ? self.rows(weights.indices.filter { weights[$0] > 0 }) : self
        guard kept.matrix.rowCount > 0 else { throw .trainingEmpty() }
        return kept
    }

    static func check(names: [String], weights: [Float]) throws(Failure) {
        var seen: Set<String> = []
        for name in names where name.isEmpty || !seen.insert(name).inserted { throw .trainingNames(repeated: name) }
        for (row, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .trainingWeight(row: row, found: weight)
        }
    }
}

extension MulticlassSet {
    /// The rows that count: checked, and without those of weight 0.
    ///
    /// - Throws: counts or names that do not fit, fewer than two classes, a class without rows, weights below 0, infinite values.
    package func checked() throws(Failure) -> MulticlassSet {
        let rows = matrix.rowCount
        guard featureNames.count == matrix.featureCount, labels.count == rows, weights.isEmpty || weights.count == rows else {
            throw .trainingCounts(
                features: matrix.featureCount, names: featureNames.count, rows: rows, labels: labels.count, weights: weights.count)
        }
        try RegressionSet.check(names: featureNames, weights: weights)
        guard classes.count >= 2, Set(classes).count == classes.count else { throw .trainingClasses(classes) }
        for (row, label) in labels.enumerated() where !classes.indices.contains(label) {
            throw .trainingClass(row: row, found: label, classes: classes.count)
        }
        try matrix.checkFinite(featureNames)
        var kept = self
        if weights.contains(0) {
            let places = weights.indices.filter { weights[$0] > 0 }
            kept.matrix = matrix.rows(places)
            (kept.labels, kept.weights) = (places.map { labels[$0] }, places.map { weights[$0] })
        }
        guard kept.matrix.rowCount > 0 else { throw .trainingEmpty() }
        for (index, name) in classes.enumerated() where !kept.labels.contains(index) {
            throw .trainingClassEmpty(name, rows: kept.labels.count)
        }
        return kept
    }
}

extension Failure {
    static func trainingTarget(row: Int, found: Float) -> Failure {
        Failure(
            .failed, code: "models.target", what: "a target cannot be used", place: "row \(row + 1)", found: "\(found)",
            expected: "a finite number", remedy: "Leave out rows whose target is not known.")
    }

    static func trainingClasses(_ classes: [String]) -> Failure {
        Failure(
            .failed, code: "models.classes", what: "the classes cannot be used", found: classes.joined(separator: ", "),
            expected: "two names or more, each once", remedy: "Name every kind once; for one kind against the rest use two classes.")
    }

    static func trainingClass(row: Int, found: Int, classes: Int) -> Failure {
        Failure(
            .failed, code: "models.label", what: "a label cannot be used", place: "row \(row + 1)", found: "class \(found)",
            expected: "0 to \(classes - 1)", remedy: "Leave out rows whose class is not known.")
    }

    static func trainingClassEmpty(_ name: String, rows: Int) -> Failure {
        Failure(
            .failed, code: "models.class-empty", what: "a class has nothing to learn from", place: name, found: "no row of \(rows)",
            expected: "rows of every class", remedy: "Train over a longer period, or leave the class out.")
    }
}
