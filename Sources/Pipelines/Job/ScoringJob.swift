public import Records

/// What a job does with the rows of its main feed: the stage that scores them, the policy that decides, who reviews, where results go.
public struct ScoringSettings: Sendable {
    public var main: JobFeed
    public var stage: StageConfiguration
    public var train: TrainSettings?
    public var policy: PolicySettings
    public var review: ReviewSettings
    public var results: ResultSettings

    public init(
        main: JobFeed, stage: StageConfiguration, train: TrainSettings?, policy: PolicySettings, review: ReviewSettings,
        results: ResultSettings
    ) {
        (self.main, self.stage, self.train) = (main, stage, train)
        (self.policy, self.review, self.results) = (policy, review, results)
    }
}

/// A job that has a main feed: everything of the job, and its scoring settings without an optional.
@dynamicMemberLookup
public struct ScoringJob: Sendable {
    public let job: Job
    public let scoring: ScoringSettings

    public subscript<Value>(dynamicMember path: KeyPath<ScoringSettings, Value>) -> Value { scoring[keyPath: path] }

    public subscript<Value>(dynamicMember path: KeyPath<Job, Value>) -> Value { job[keyPath: path] }

    /// The model's name in the catalog, if the stage takes one.
    public var modelName: String? { scoring.stage.text("model") }
}

extension Job {
    /// - Throws: the job has no main feed (code `job.no-main`).
    public func scored() throws(Failure) -> ScoringJob {
        guard let scoring else { throw .jobWithoutMain(name) }
        return ScoringJob(job: self, scoring: scoring)
    }

    /// Feeds whose files a run streams, in the order read: tables first as written, then the main feed.
    public var streamedFeeds: [JobFeed] { feeds.filter { $0.role == .table } + feeds.filter { $0.role == .main } }

    /// The model's name in the catalog, if there is a stage and it takes one.
    public var modelName: String? { scoring?.stage.text("model") }
}

extension Failure {
    static func jobWithoutMain(_ job: String) -> Failure {
        Failure(
            .job, code: "job.no-main", what: "the job decides nothing", place: "job '\(job)'", found: "feeds with `role: table` only",
            expected: "a feed with `role: main` and a stage", remedy: "Name a job that scores rows.")
    }
}
