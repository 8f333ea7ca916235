import Models
import Records

/// Wording of what stops a promotion, an approval or a retirement.
extension Failure {
    static func reportFile(_ path: String) -> Failure {
        Failure(
            .usage, code: "models.report-file", what: "the replay report cannot be read", place: path, expected: "a file",
            remedy: "`pipeline replay <job> --model <version> --report <file>` writes it.")
    }

    static func reportForm(_ place: String, found: String) -> Failure {
        Failure(
            .usage, code: "models.report-form", what: "this is not a replay report", place: place, found: found,
            expected: "JSON with job, policyDigest, modelDigest, rows and created",
            remedy: "`pipeline replay <job> --model <version> --report <file>` writes it.")
    }

    static func reportOther(_ what: String, found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.report-other", what: "the replay report is about another \(what)", found: found, expected: expected,
            remedy: "Replay this version under this job's policy, and promote with that report.")
    }

    static func preparedOtherwise(_ place: String, stage: String) -> Failure {
        Failure(
            .usage, code: "models.preparation", what: "the features of this stage are those of one version", place: place,
            found: "the stage \(stage), whose features rest on what each version learnt of its own training rows",
            expected: "the version that computed them",
            remedy: "Measure a version with `pipeline evaluate`; once promoted it scores what comes from then on.")
    }

    static func promotionJob(_ name: String, job: String, model: String?) -> Failure {
        Failure(
            .usage, code: "models.promotion-job", what: "the job does not use this model", place: "job '\(job)'", found: name,
            expected: model ?? "no model", remedy: "Name the job whose stage says `model: \(name)`.")
    }

    static func promotionChampion(_ version: ModelVersion) -> Failure {
        Failure(
            .usage, code: "models.champion-already", what: "the version is the champion already",
            place: "\(version.name) \(version.version)",
            remedy: "`pipeline models show \(version.name)` lists who had which role when.")
    }

    static func promotionWithoutReport(_ version: ModelVersion, approvals: Int) -> Failure {
        Failure(
            .usage, code: "models.report-required", what: "a promotion that \(approvals) accounts must approve needs a replay report",
            place: "\(version.name) \(version.version)", expected: "--replay-report <file>",
            remedy: "`pipeline replay <job> --model \(version.version) --report <file>` writes one.")
    }

    static func promotionNotWaiting(_ version: ModelVersion) -> Failure {
        Failure(
            .usage, code: "models.no-promotion", what: "no promotion of this version waits for an approval",
            place: "\(version.name) \(version.version)", remedy: "`pipeline models promote` proposes one.")
    }

    static func approvalDigest(_ version: ModelVersion, found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.approval-digest", what: "the report is not the one that the promotion is bound to",
            place: "\(version.name) \(version.version)", found: found, expected: expected,
            remedy: "Approve the report that was proposed, or propose the version again with yours.")
    }

    static func approvalTwice(_ version: ModelVersion, account: String) -> Failure {
        Failure(
            .usage, code: "models.approval-twice", what: "this account stands behind the promotion already",
            place: "\(version.name) \(version.version)", found: account, expected: "another operating-system account",
            remedy: "A second person approves under an account of their own; one shared account counts once.")
    }

    static func retiredAlready(_ version: ModelVersion) -> Failure {
        Failure(
            .usage, code: "models.retired-already", what: "the version is retired already", place: "\(version.name) \(version.version)",
            remedy: "`pipeline models show \(version.name)` lists who had which role when.")
    }

    static func challengerAlready(_ version: ModelVersion, role: ModelRole) -> Failure {
        Failure(
            .usage, code: "models.challenger-already", what: "the version is scored already", place: "\(version.name) \(version.version)",
            found: "role \(role.rawValue)", expected: "a candidate or a retired version",
            remedy: "`pipeline models show \(version.name)` lists who had which role when.")
    }
}

/// Wording of what stops a comparison.
extension Failure {
    static func comparisonEmpty(_ name: String, from: Timestamp, to: Timestamp) -> Failure {
        Failure(
            .usage, code: "models.compare-empty", what: "there are no rows to compare on", place: name,
            found: "labels are complete up to \(to.iso8601)", expected: "rows from \(from.iso8601) on, after both training periods",
            remedy: "Wait until more labels are known, or compare versions trained with an earlier --as-of.")
    }

    static func comparisonOneClass(_ name: String, positives: Int, rows: Int, from: Timestamp, to: Timestamp) -> Failure {
        Failure(
            .usage, code: "models.compare-one-class", what: "the rows to compare on have one class only", place: name,
            found: "\(positives) positive labels in \(rows) rows from \(from.iso8601) to \(to.iso8601)", expected: "both classes",
            remedy: "Wait until more labels are known, or compare versions trained with an earlier --as-of.")
    }

    static func comparisonPeriod(_ version: ModelVersion) -> Failure {
        Failure(
            .usage, code: "models.compare-period", what: "nothing states when the training period of a version ended",
            place: "\(version.name) \(version.version)", found: version.card.trainedTo, expected: "a time",
            remedy: "Name the first row to compare on with --from: one that the version was not trained on.")
    }

    static func comparisonTrained(_ version: ModelVersion, from: Timestamp) -> Failure {
        Failure(
            .usage, code: "models.compare-trained", what: "a version would be tested on rows it was trained on",
            place: "\(version.name) \(version.version)", found: "rows from \(from.iso8601)", expected: "\(version.card.trainedTo) or later",
            remedy: "Leave --from out.")
    }
}

/// Wording of what stops an export or an import.
extension Failure {
    static func modelFile(_ place: String, found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.file", what: "the model file cannot be read", place: place, found: found, expected: expected,
            remedy: "`pipeline models export` writes one; XGBoost's JSON and LightGBM's text can be read too.")
    }

    static func modelFileAltered(_ place: String, found: String, expected: String) -> Failure {
        Failure(
            .difference, code: "models.file-altered", what: "the model file is not what was exported", place: place,
            found: "digest \(found)",
            expected: expected, remedy: "Export it again, and compare the digest that `pipeline models export` prints.")
    }

    static func modelFileExists(_ path: String) -> Failure {
        Failure(
            .usage, code: "models.export-exists", what: "the file is there already", place: path, expected: "a new file",
            remedy: "Name another file, or remove this one.")
    }

    static func modelFileUnwritable(_ path: String, cause: String) -> Failure {
        Failure(
            .failed, code: "models.export-failed", what: "the model file cannot be written", place: path,
            remedy: "Look at the folder's rights and space.", cause: cause)
    }

    static func sample(_ place: String, found: String, expected: String) -> Failure {
        Failure(
            .usage, code: "models.sample", what: "the sample cannot be used", place: place, found: found, expected: expected,
            remedy: "Write a column for each feature and `probability`, as the library that made the model gives it.")
    }

    static func sampleMissing(_ place: String) -> Failure {
        Failure(
            .usage, code: "models.sample-missing", what: "a model of another program is taken only with a sample that proves it",
            place: place,
            expected: "--sample <file.csv>", remedy: "Write inputs and the library's own probabilities of them to a CSV file.")
    }

    static func sampleDiffers(_ place: String, row: Int, difference: Double, tolerance: Double) -> Failure {
        Failure(
            .difference, code: "models.sample-differs", what: "the model does not give the sample's outputs", place: "\(place), row \(row)",
            found: "a difference of \(difference)", expected: "at most \(tolerance)",
            remedy: "Make the sample with the model in this file; nothing was added to the catalog.")
    }
}
