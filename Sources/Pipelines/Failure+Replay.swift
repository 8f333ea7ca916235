import Records

/// Wording of what a replay says.
extension Failure {
    static func replayDifference(_ difference: ReplayDifference) -> Failure {
        let remedy =
            switch difference.cause {
            case .input: "Put the feed file back as it was, or restore it from a backup."
            case .job, .model, .list, .stored:
                "The warehouse was changed after the run: compare with a backup, and run `pipeline audit verify`."
            case .code: "Another version of the program made the run: replay with that version, or from the stored features."
            case .library: "Another version of a library made the run: replay with that version, or from the stored features."
            case .platform: "Another kind of processor made the run: replay on that kind, or from the stored features."
            }
        return Failure(
            .difference, code: "replay.\(difference.cause.rawValue)",
            what: "replay found a difference, cause: \(difference.cause.rawValue)",
            place: difference.place, found: "stored \(difference.stored)", expected: difference.recomputed, remedy: remedy)
    }

    static func replayEmpty(job: String, asOf: Timestamp) -> Failure {
        Failure(
            .usage, code: "replay.empty", what: "there is nothing to replay", place: "job '\(job)'",
            found: "no finished run by \(asOf.iso8601)",
            expected: "a time at or after a run's clock", remedy: "`pipeline runs list` shows the runs and their clocks.")
    }

    static func replayFolder(_ folder: String, cause: String) -> Failure {
        Failure(
            .usage, code: "replay.folder", what: "the replay has no room to work", place: folder, found: cause,
            expected: "a folder this account may write", remedy: "Set TMPDIR to such a folder.", cause: "")
    }
}
