import Models
import Records
import Testing

/// Golden texts: a change here is a change of the interface.
@Suite struct ModelFailureTests {
    private static let definition = Definition(
        name: "boosting", summary: "",
        parameters: [
            Parameter("column", .column([]), help: "", example: "amount"), Parameter("span", .span, help: "", example: "7d"),
            Parameter("method", .choice(["hist", "exact"]), help: "", example: "hist"),
        ])

    @Test(
        "every failure reads as it should",
        arguments: [
            (
                Failure.familyUnknown("forest", known: ["boosting"]),
                "there is no such model family: 'forest', expected boosting. Name one of the families listed."
            ),
            (
                .parameterMissing(definition.parameters[0], of: definition),
                "boosting needs a parameter (column): expected the name of a column. Write for instance `column: amount`."
            ),
            (
                .parameterValue(.span(.days(1)), for: definition.parameters[2], of: definition),
                "a parameter of boosting has a value it cannot take (method): 86400 s, expected hist or exact. Write for instance `method: hist`."
            ),
            (
                .trainingCounts(features: 5, names: 4, rows: 10, labels: 9, weights: 0),
                "the parts of a training set do not fit together: 5 columns with 4 names, 10 rows with 9 labels and 0 weights, expected "
                    + "a name a column, a label a row, and a weight a row or none at all. Build names, rows, labels and weights from the same "
                    + "records."
            ),
            (
                .trainingNames(repeated: "amount"),
                "a feature name cannot be used: 'amount' twice, expected names that are unique and not empty. Rename the feature."
            ),
            (
                .trainingEmpty(),
                "there is nothing to learn from: no rows with a weight above 0, expected rows of both classes. Train over a longer period, "
                    + "or wait until more labels are known."
            ),
            (
                .trainingOneClass(positives: 0, rows: 100),
                "there is only one class to learn from: 0 positives in 100 rows, expected rows of both classes. Train over a longer period, "
                    + "or wait until more labels are known."
            ),
            (
                .trainingLabel(row: 3, found: 0.5),
                "a label cannot be used (row 4): 0.5, expected 0 or 1. Leave out rows whose label is not known."
            ),
            (
                .trainingWeight(row: 3, found: -1),
                "a weight cannot be used (row 4): -1.0, expected a finite number, 0 or more. Give each row a weight of 0 or more."
            ),
            (
                .matrixInfinite(row: 0, feature: "amount"),
                "a feature is infinite (row 1, amount): an infinite value, expected a finite number, or NaN where it is missing. "
                    + "Look for a division by zero in the stage that makes this feature."
            ),
            (
                .matrixWidth(found: 14, expected: 15),
                "the rows do not fit the model: 14 features a row, expected 15. Score with the features that the model was trained on."
            ),
            (
                .modelFeatures(found: ["a", "b"], expected: ["b", "a"]),
                "the model does not fit the job's features: a model of [a, b], expected [b, a]. The names are the same, their order is not. "
                    + "Train a new version, or name another model in the job."
            ),
            (
                .modelBytes(family: "boosting", reason: "objective reg:squarederror"),
                "the bytes are not a boosting model: objective reg:squarederror, expected an artefact that `pipeline train` wrote. "
                    + "Train a new version, or name another one in the job."
            ),
            (
                .modelVersionMissing("card-fraud", 7),
                "there is no such model version: card-fraud 7, expected a version of the catalog. `pipeline models list` shows them."
            ),
            (
                .library("boosting", doing: "training", cause: "bad allocation"),
                "training failed in the library under boosting. Please report this together with the model version. [bad allocation]"
            ),
        ] as [(Failure, String)])
    func texts(failure: Failure, text: String) {
        #expect(failure.description == text)
        #expect(failure.code.hasPrefix("model"))
    }
}
