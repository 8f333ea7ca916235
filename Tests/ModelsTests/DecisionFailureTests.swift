import Models
import Records
import Testing

/// Golden texts: a change here is a change of the interface.
@Suite struct DecisionFailureTests {
    @Test(
        "every failure of calibration and automatic decisions reads as it should",
        arguments: [
            (
                Failure.calibrator(kind: "platt", reason: "a slope below 0"),
                "the numbers are not a calibration (platt): a slope below 0, expected what `pipeline train` wrote: a map that rises and stays "
                    + "within 0 and 1. Train a new version."
            ),
            (
                .calibrationRows(rows: 100, positives: 0),
                "there is nothing to calibrate on: 0 positives in 100 rows, expected rows of both classes, apart from those the model learned "
                    + "from. Give calibration a longer slice, or wait until more labels are known."
            ),
            (
                .decisionCounts(rows: 3, labels: 2, amounts: 3, segments: 0),
                "the parts of the rows to decide on do not fit together: 3 scores with 2 labels, 3 amounts and 0 segments, expected a label a "
                    + "row, and an amount and a segment a row or none at all. Build scores, labels, amounts and segments from the same records."
            ),
            (
                .decisionValue(row: 4, what: "a score", found: "nan", expected: "a finite number"),
                "a score cannot be used (row 5): nan, expected a finite number. Leave out rows whose label, score or amount is not known."
            ),
            (
                .selectiveSettings("alpha", found: "0.0", expected: "more than 0 and less than 1"),
                "automatic decisions cannot be set up so (alpha): 0.0, expected more than 0 and less than 1. Change `automatic` in the job's "
                    + "policy."
            ),
        ] as [(Failure, String)])
    func texts(failure: Failure, text: String) {
        #expect(failure.description == text)
        #expect(failure.code.hasPrefix("models."))
    }
}
