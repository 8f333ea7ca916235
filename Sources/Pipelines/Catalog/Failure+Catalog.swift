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
