public import Connectors
import GRDB
import Models
public import Records

/// Compares policies of offers on past weeks: each week's offers are made again from what was known at its begin, and met with what people
/// bought in its seven days.
///
/// Hits say what the lists would have named, not what they would have caused: people who buy anyway count. What offers cause is estimated
/// from runs that drew some of them with stored probabilities (``OffPolicyEstimate``), for the purchases of
/// the `horizon` days after the run.
/// Offers that a policy would have shown before are not known to it: caps on repetition look at what was really shown.
public struct OfferReplay: Sendable {
    public let weeks: Int
    public let resamples: Int
    public let threads: Int

    static let week: Int64 = 7 * 86_400_000_000

    /// - Parameters: at least 1 each.
    public init(weeks: Int = 4, resamples: Int = 500, threads: Int = 2) {
        (self.weeks, self.resamples, self.threads) = (weeks, resamples, threads)
    }

    /// - Parameters:
    ///   - others: jobs whose stage's settings are tried on the first one's feeds, each with a name.
    ///   - warehouse: with the job's runs; nil = there were none.
    /// - Throws: a job of another stage, a feed that cannot be read, a past too short for the weeks.
    public func measure(
        _ job: Job, others: [(name: String, job: Job)] = [], warehouse: Warehouse? = nil, progress: (Int, Int) -> Void = { _, _ in }
    ) throws(Failure) -> OfferReplayReport {
        let own = try job.scored()
        let decisions =
            try warehouse?.read {
                try ReviewStore($0).decisions(ofJob: own.name, about: RecommendationStage.deciding.column, before: .max)
            } ?? []
        var policies: [OfferHistory] = []
        for stage in [own.stage] + (try others.map { other throws(Failure) in try other.job.scored().stage }) {
            guard stage.name == RecommendationSettings.name else { throw .offerReplayStage(job.name, stage.name) }
            policies.append(try OfferHistory(own, stage: stage, decisions: decisions))
        }
        let newest = policies[0].newest
        let cuts = (1...weeks).reversed().map { newest - Int64($0) * Self.week }
        guard let first = cuts.first, first > policies[0].oldest else { throw .offerReplayShort(job.name, weeks: weeks) }
        // Probabilities are of `horizon` days: what is expected and what came must be of the same.
        let days = policies[0].settings.horizon, horizon = Int64(days * 86_400_000_000)
        let (logged, unknown) =
            try warehouse.map { warehouse throws(Failure) in
                try LoggedOffers.runs(of: own, digest: job.digest, in: warehouse, from: first, through: newest - horizon)
            } ?? ([], [])
        var meetings = policies.map { _ in OfferMeeting() }
        for (index, cut) in cuts.enumerated() {
            let runs = try self.runs(policies, at: cut, clock: cut)
            for (place, run) in runs.enumerated() {
                guard let run else { continue }
                try meetings[place].add(run, bought: policies[0].bought(after: cut, through: cut + Self.week))
            }
            progress(index + 1, cuts.count + logged.count)
        }
        var units = policies.map { _ in OfferUnits() }
        for (index, log) in logged.enumerated() {
            let runs = try self.runs(policies, at: log.time, clock: log.clock)
            guard let own = runs[0], !runs.contains(where: { $0 == nil }) else { continue }
            let bought = policies[0].bought(after: log.time, through: log.time + horizon)
            let support = try OfferUnits.distributions(of: own)
            for (place, run) in runs.enumerated() {
                if let run { try units[place].add(log, run: run, support: support, bought: bought, horizon: days) }
            }
            progress(cuts.count + index + 1, cuts.count + logged.count)
        }
        let names = ["own"] + others.map(\.name)
        return OfferReplayReport(
            job: own.name, cuts: cuts.map { Timestamp(microseconds: $0) }, people: meetings[0].people.count,
            rows: rows(names, meetings, units), runs: logged.map(\.run), otherRuns: unknown,
            laterTables: policies[0].tablesKnown.filter { $0.value > first }.sorted { $0.key < $1.key }
                .map { ($0.key, Timestamp(microseconds: $0.value)) })
    }

    /// A run of each policy at a time, nil where it had nothing to learn from; those that learn the same learn once.
    private func runs(_ policies: [OfferHistory], at time: Int64, clock: Int64) throws(Failure) -> [RecommendationRun?] {
        var runs: [RecommendationRun?] = []
        for policy in policies {
            let moment = FinishTime(
                clock: Timestamp(microseconds: clock), watermark: Timestamp(microseconds: time), threads: threads)
            let run = try RecommendationRun(
                settings: policy.settings, state: policy.state(asOf: clock), time: moment,
                like: runs.lazy.compactMap(\.self).first { $0.settings.learns(like: policy.settings) })
            runs.append(run)
        }
        return runs
    }

    private func rows(_ names: [String], _ meetings: [OfferMeeting], _ units: [OfferUnits]) -> [OfferReplayReport.Row] {
        let people = meetings[0].people.keys.sorted()
        func values(_ part: (OfferMeeting.Person) -> Double) -> [[Double]] {
            meetings.map { meeting in
                people.map { name in
                    meeting.people[name].map { $0.weeks > 0 ? part($0) / Double($0.weeks) : 0 } ?? 0
                }
            }
        }
        let (offers, hits, value) = (values(\.offers), values(\.hits), values(\.value))
        return names.indices.map { place in
            let ahead = [hits, value].map { figure in zip(figure[place], figure[0]).map { $0 - $1 } }
            let intervals = UserBootstrap.intervals([hits[place], value[place]] + ahead, resamples: resamples)
            var row = OfferReplayReport.Row(
                policy: names[place], offers: offers[place].reduce(0, +) / Double(max(1, people.count)), hits: intervals[0],
                value: intervals[1], coverage: meetings[place].coverage)
            if place > 0 { (row.hitsAhead, row.valueAhead) = (intervals[2], intervals[3]) }
            row.logged = units[place].estimates
            return row
        }
    }
}

/// What a policy's offers met, person by person.
struct OfferMeeting: Sendable {
    struct Person: Sendable {
        var weeks = 0
        var offers = 0.0
        var hits = 0.0
        var value = 0.0
    }

    private(set) var people: [String: Person] = [:]
    private var shares: [Double] = []

    var coverage: Double { shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count) }

    /// An offer that is drawn counts by its probability.
    mutating func add(_ run: RecommendationRun, bought: [String: Set<String>]) throws(Failure) {
        var named: Set<String> = []
        for (name, offers) in try OfferUnits.distributions(of: run) {
            let taken = bought[name] ?? []
            var person = people[name] ?? Person()
            person.weeks += 1
            for offer in offers {
                person.offers += offer.propensity
                if offer.propensity >= 0.5 { named.insert(offer.item) }
                guard taken.contains(offer.item) else { continue }
                person.hits += offer.propensity
                person.value += offer.propensity * (run.worth(offer.item) ?? 0)
            }
            people[name] = person
        }
        let sold = Set(run.log.items)
        shares.append(Double(named.intersection(sold).count) / Double(max(1, sold.count)))
    }
}

extension Failure {
    static func offerReplayStage(_ job: String, _ stage: String) -> Failure {
        Failure(
            .usage, code: "offers.stage", what: "offers cannot be replayed", place: "job '\(job)'", found: "the stage \(stage)",
            expected: "the stage \(RecommendationSettings.name)", remedy: "`pipeline replay JOB --policy FILE` is for other stages.")
    }

    static func offerReplayShort(_ job: String, weeks: Int) -> Failure {
        Failure(
            .usage, code: "offers.short", what: "the past is too short", place: "job '\(job)'", found: "no row before the first week",
            expected: "rows before the last \(weeks) weeks", remedy: "Take fewer with --weeks.")
    }
}
