import Connectors
import GRDB
import Models
import Records

/// What a run offered, from the result table.
struct LoggedOffers {
    struct Offer {
        var item: String
        var propensity: Double
    }

    var run: Int64
    var time: Int64
    var clock: Int64
    var offers: [String: [Offer]]

    /// Finished runs that gave offers at times of a range, at most twelve, the newest; those without any draw say nothing and are left out.
    ///
    /// - Returns: `others`: runs that drew by another job file, of which it is not known what they could have shown.
    static func runs(
        of job: ScoringJob, digest: String, in warehouse: Warehouse, from: Int64, through: Int64
    ) throws(Failure) -> (logs: [LoggedOffers], others: [Int64]) {
        guard from <= through else { return ([], []) }
        let table = ResultTable.quoted(job.results.table)
        return try warehouse.read { database in
            guard try database.tableExists(job.results.table) else { return ([], []) }
            let done = try RunStore(database).list(job: job.name).filter { $0.status == .done }
            let ids = done.map { String($0.id) }.joined(separator: ", ")
            var logs: [LoggedOffers] = [], others: [Int64] = []
            for run in done.sorted(by: { $0.id > $1.id }) where logs.count < 12 {
                let own = try String.fetchOne(
                    database, sql: "SELECT max(event_time) FROM \(table) WHERE run = ? AND about = 'user'", arguments: [run.id])
                guard let own, let time = Timestamp(iso8601: own)?.microseconds, (from...through).contains(time) else { continue }
                // A place of another time is one that this run did not fill; one taken back showed nothing.
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT subject, item, propensity FROM \(table) AS result WHERE about = 'user' AND run <= ?1 AND run IN (\(ids))
                        AND event_time = ?2 AND kind <> 'withdrawn' AND version = (
                            SELECT max(version) FROM \(table) WHERE about = result.about AND subject = result.subject
                            AND place = result.place AND run <= ?1 AND run IN (\(ids))
                        ) ORDER BY subject, place
                        """, arguments: [run.id, own])
                var offers: [String: [Offer]] = [:]
                for row in rows { offers[row["subject"], default: []].append(Offer(item: row["item"], propensity: row["propensity"])) }
                guard rows.contains(where: { ($0["propensity"] as Double) < 1 }) else { continue }
                guard run.jobDigest == digest else {
                    others.append(run.id)
                    continue
                }
                logs.append(LoggedOffers(run: run.id, time: time, clock: run.clock.microseconds, offers: offers))
            }
            return (logs.reversed(), others.reversed())
        }
    }
}

/// Logged offers as a policy would have made them, for the estimates from stored probabilities.
struct OfferUnits {
    private var hits: [OffPolicyUnit] = []
    private var value: [OffPolicyUnit] = []
    private var clusters: [String: Int] = [:]

    /// Everybody's offers with the probabilities that they are made.
    static func distributions(of run: RecommendationRun) throws(Failure) -> [String: [Offer]] {
        var found: [String: [Offer]] = [:]
        try run.forEveryone { (name, history, ranked, unsold) throws(Failure) in
            let (offers, resting) = run.offered(ranked, to: name, history: history)
            found[name] = run.rules.distribution(for: name, ranked: offers, unsold: unsold, resting: resting)
        }
        return found
    }

    /// - Parameters:
    ///   - support: what the policy of the log could show.
    ///   - bought: within `horizon` days; a run whose probabilities are of other days has no model for them.
    mutating func add(
        _ log: LoggedOffers, run: RecommendationRun, support: [String: [Offer]], bought: [String: Set<String>], horizon: Double
    ) throws(Failure) {
        func chance(_ offer: Offer?) -> Double { run.settings.horizon == horizon ? offer?.probability ?? 0 : 0 }
        let distributions = try Self.distributions(of: run)
        for name in log.offers.keys.sorted() {
            guard let target = distributions[name] else { continue }
            if clusters[name] == nil { clusters[name] = clusters.count }
            let cluster = clusters[name] ?? 0
            let wanted = Dictionary(target.map { ($0.item, $0) }, uniquingKeysWith: { first, _ in first })
            let shown = log.offers[name] ?? []
            let possible = Set((support[name] ?? []).map(\.item)).union(shown.map(\.item))
            let offers = target.reduce(0) { $0 + $1.propensity }
            let missing = target.reduce(0) { $0 + (possible.contains($1.item) ? 0 : $1.propensity) }
            func unit(_ worth: (String) -> Double) -> OffPolicyUnit {
                OffPolicyUnit(
                    cluster: cluster,
                    decisions: shown.map { offer in
                        let taken = bought[name]?.contains(offer.item) ?? false
                        return .init(
                            reward: taken ? worth(offer.item) : 0, logged: offer.propensity, target: wanted[offer.item]?.propensity ?? 0,
                            expected: chance(wanted[offer.item]) * worth(offer.item))
                    },
                    offers: offers, unsupported: missing,
                    expected: target.reduce(0) { $0 + $1.propensity * chance($1) * worth($1.item) })
            }
            hits.append(unit { _ in 1 })
            value.append(unit { run.worth($0) ?? 0 })
        }
    }

    var estimates: OfferReplayReport.Logged? {
        guard let hits = OffPolicyEstimate(hits), let value = OffPolicyEstimate(value) else { return nil }
        return .init(hits: hits, value: value)
    }
}
