package import Records

extension Failure {
    // MARK: Families and parameters

    package static func familyUnknown(_ name: String, known: [String]) -> Failure {
        let nearest = Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "Name one of the families listed."
        return Failure(
            .job, code: "models.unknown-family", what: "there is no such model family", found: "'\(name)'",
            expected: known.joined(separator: ", "), remedy: nearest)
    }

    package static func parameterUnknown(_ name: String, of definition: Definition) -> Failure {
        let known = definition.parameters.map(\.name)
        let nearest = Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "Name one of the parameters listed."
        return Failure(
            .job, code: "models.unknown-parameter", what: "\(definition.name) has no such parameter", found: "'\(name)'",
            expected: known.joined(separator: ", "), remedy: nearest)
    }

    package static func parameterMissing(_ parameter: Parameter, of definition: Definition) -> Failure {
        Failure(
            .job, code: "models.parameter-missing", what: "\(definition.name) needs a parameter", place: parameter.name,
            expected: parameter.kind.text, remedy: "Write for instance `\(parameter.name): \(parameter.example)`.")
    }

    package static func parameterValue(_ value: ParameterValue, for parameter: Parameter, of definition: Definition) -> Failure {
        Failure(
            .job, code: "models.parameter-value", what: "a parameter of \(definition.name) has a value it cannot take",
            place: parameter.name, found: value.text, expected: parameter.kind.text,
            remedy: "Write for instance `\(parameter.name): \(parameter.example)`.")
    }

    // MARK: Training

    package static func trainingCounts(features: Int, names: Int, rows: Int, labels: Int, weights: Int) -> Failure {
        Failure(
            .failed, code: "models.counts", what: "the parts of a training set do not fit together",
            found: "\(features) columns with \(names) names, \(rows) rows with \(labels) labels and \(weights) weights",
            expected: "a name a column, a label a row, and a weight a row or none at all",
            remedy: "Build names, rows, labels and weights from the same records.")
    }

    package static func trainingNames(repeated name: String) -> Failure {
        Failure(
            .failed, code: "models.feature-name", what: "a feature name cannot be used",
            found: name.isEmpty ? "an empty name" : "'\(name)' twice",
            expected: "names that are unique and not empty", remedy: "Rename the feature.")
    }

    package static func trainingSigns(found: Int, features: Int) -> Failure {
        Failure(
            .failed, code: "models.signs", what: "the signs of the features do not fit", found: "\(found) signs",
            expected: "one for each of \(features) features, or none", remedy: "Build them from the stage's definition.")
    }

    package static func trainingUnits(found: Int) -> Failure {
        Failure(
            .failed, code: "models.units", what: "there are too few units to leave some out", found: "\(found)",
            expected: "rows of 2 units or more, which intervals are measured on",
            remedy: "Train on more units, or set `folds: 0` for a model without intervals.")
    }

    package static func trainingEmpty() -> Failure {
        Failure(
            .failed, code: "models.no-rows", what: "there is nothing to learn from", found: "no rows with a weight above 0",
            expected: "rows of both classes", remedy: "Train over a longer period, or wait until more labels are known.")
    }

    package static func trainingOneClass(positives: Int, rows: Int) -> Failure {
        Failure(
            .failed, code: "models.one-class", what: "there is only one class to learn from",
            found: "\(positives) positives in \(rows) rows",
            expected: "rows of both classes", remedy: "Train over a longer period, or wait until more labels are known.")
    }

    package static func trainingLabel(row: Int, found: Float) -> Failure {
        Failure(
            .failed, code: "models.label", what: "a label cannot be used", place: "row \(row + 1)", found: "\(found)", expected: "0 or 1",
            remedy: "Leave out rows whose label is not known.")
    }

    package static func trainingWeight(row: Int, found: Float) -> Failure {
        Failure(
            .failed, code: "models.weight", what: "a weight cannot be used", place: "row \(row + 1)", found: "\(found)",
            expected: "a finite number, 0 or more", remedy: "Give each row a weight of 0 or more.")
    }

    // MARK: Matrices

    package static func matrixInfinite(row: Int, feature: String) -> Failure {
        Failure(
            .failed, code: "models.infinite", what: "a feature is infinite", place: "row \(row + 1), \(feature)",
            found: "an infinite value",
            expected: "a finite number, or NaN where it is missing",
            remedy: "Look for a division by zero in the stage that makes this feature.")
    }

    package static func matrixWidth(found: Int, expected: Int) -> Failure {
        Failure(
            .failed, code: "models.width", what: "the rows do not fit the model", found: "\(found) features a row", expected: "\(expected)",
            remedy: "Score with the features that the model was trained on.")
    }

    // MARK: Artefacts

    /// A model trained on other features than the job computes.
    package static func modelFeatures(found: [String], expected: [String]) -> Failure {
        let missing = found.filter { !expected.contains($0) }
        let extra = expected.filter { !found.contains($0) }
        var differences: [String] = []
        if !missing.isEmpty { differences.append("The job does not compute \(missing.joined(separator: ", ")).") }
        if !extra.isEmpty { differences.append("The model was not trained on \(extra.joined(separator: ", ")).") }
        if differences.isEmpty { differences.append("The names are the same, their order is not.") }
        return Failure(
            .job, code: "models.features", what: "the model does not fit the job's features",
            found: "a model of [\(found.joined(separator: ", "))]", expected: "[\(expected.joined(separator: ", "))]",
            remedy: differences.joined(separator: " ") + " Train a new version, or name another model in the job.")
    }

    package static func modelBytes(family: String, reason: String) -> Failure {
        Failure(
            .failed, code: "models.not-a-model", what: "the bytes are not a \(family) model", found: reason,
            expected: "an artefact that `pipeline train` wrote", remedy: "Train a new version, or name another one in the job.")
    }

    // MARK: Every catalog store

    package static func modelVersionMissing(_ name: String, _ version: Int) -> Failure {
        Failure(
            .usage, code: "model.version-missing", what: "there is no such model version", found: "\(name) \(version)",
            expected: "a version of the catalog", remedy: "`pipeline models list` shows them.")
    }

    package static func roleBeforeHistory(_ name: String, at: Timestamp, last: Timestamp) -> Failure {
        Failure(
            .failed, code: "model.role-before-history", what: "a role cannot begin before the last role change of its model", place: name,
            found: at.iso8601, expected: "\(last.iso8601) or later",
            remedy: "Check this machine's clock; history is never rewritten.")
    }

    // MARK: Libraries

    package static func library(_ family: String, doing: String, cause: String) -> Failure {
        Failure(
            .failed, code: "models.library", what: "\(doing) failed in the library under \(family)",
            remedy: "Please report this together with the model version.", cause: cause)
    }
}

extension Parameter.Kind {
    /// What a value must be, in words.
    fileprivate var text: String {
        switch self {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .text: "a text"
        case .choice(let choices): choices.joined(separator: " or ")
        case .span: "a length of time"
        case .column: "the name of a column"
        case .model: "the name of a model"
        case .feed: "the name of a feed"
        case .expressions: "arithmetic, a name and an expression a line"
        case .settings: "settings, a name and a value a line"
        }
    }
}

extension ParameterValue {
    fileprivate var text: String {
        switch self {
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .text(let value): "'\(value)'"
        case .span(let value): "\(value.microseconds / 1_000_000) s"
        }
    }
}
