package import Records

/// Wording for calibration, selective decisions and monitoring.
extension Failure {
    package static func calibrator(kind: String, reason: String) -> Failure {
        Failure(
            .failed, code: "models.calibrator", what: "the numbers are not a calibration", place: kind, found: reason,
            expected: "what `pipeline train` wrote: a map that rises and stays within 0 and 1", remedy: "Train a new version.")
    }

    package static func calibrationRows(rows: Int, positives: Int) -> Failure {
        Failure(
            .failed, code: "models.calibration-rows", what: "there is nothing to calibrate on",
            found: "\(positives) positives in \(rows) rows", expected: "rows of both classes, apart from those the model learned from",
            remedy: "Give calibration a longer slice, or wait until more labels are known.")
    }

    package static func decisionCounts(rows: Int, labels: Int, amounts: Int, segments: Int) -> Failure {
        Failure(
            .failed, code: "models.decision-counts", what: "the parts of the rows to decide on do not fit together",
            found: "\(rows) scores with \(labels) labels, \(amounts) amounts and \(segments) segments",
            expected: "a label a row, and an amount and a segment a row or none at all",
            remedy: "Build scores, labels, amounts and segments from the same records.")
    }

    package static func decisionValue(row: Int, what: String, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "models.decision-value", what: "\(what) cannot be used", place: "row \(row + 1)", found: found,
            expected: expected, remedy: "Leave out rows whose label, score or amount is not known.")
    }

    package static func selectiveSettings(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "models.selective-settings", what: "automatic decisions cannot be set up so", place: name, found: found,
            expected: expected, remedy: "Change `automatic` in the job's policy.")
    }
}
