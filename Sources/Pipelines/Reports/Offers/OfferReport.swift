import GRDB
import Models
package import Records

/// What the report of a recommendations job shows besides: what was offered at which time, and what of it was bought within the horizon.
package struct OfferReport: Sendable {
    /// The offers of one time, the newest version of each place.
    package struct Moment: Hashable, Sendable {
        package var time: Timestamp
        package var people = 0
        package var offers = 0
        /// Different items.
        package var items = 0
        /// Places taken back.
        package var withdrawn = 0
        /// Sum of the probabilities given, and of how many offers.
        package var expected = 0.0
        package var withProbability = 0
        /// Offers bought within the horizon, and people who bought any; nil while no purchase is known from after it.
        package var hits: Int?
        package var buyers: Int?
    }

    /// Oldest first, at most ``mostMoments``.
    package private(set) var moments: [Moment] = []
    package private(set) var horizon = 0.0
    /// Different items sold within the stage's memory.
    package private(set) var itemsSold = 0
    /// Of the offers that stand: how many of each kind, and how many lead with each reason; most first.
    package private(set) var kinds: [(name: String, offers: Int)] = []
    package private(set) var reasons: [(name: String, offers: Int)] = []
    package private(set) var standing = 0
    /// Offers that stand of an item that a merchandiser was asked about, and of one of which an answer is known.
    package private(set) var asked = 0
    package private(set) var answered = 0
    static let mostMoments = 20

    init(_ source: ReportSource) throws {
        let stage = try RecommendationStage(configuration: source.job.stage, schema: source.job.main.schema)
        let state = try CheckpointStore(source.database, job: source.job.name).state()
        try stage.restore(base: state.base, deltas: state.deltas)
        horizon = stage.settings.horizon
        var bought: [String: [Int64]] = [:], sold: Set<String> = [], newest = Int64.min
        for event in stage.state.known(at: source.now.microseconds).purchases(until: source.now.microseconds) {
            bought[Self.pair(event.user, event.item), default: []].append(event.time)
            sold.insert(event.item)
            newest = max(newest, event.time)
        }
        itemsSold = sold.count
        let times = try String.fetchAll(
            source.database,
            sql: "SELECT DISTINCT event_time \(source.allRows) AND about = 'user' ORDER BY event_time DESC LIMIT \(Self.mostMoments)")
        for text in times.reversed() {
            guard let time = Timestamp(iso8601: text) else { continue }
            moments.append(try moment(time, text, source, bought: bought, knownUntil: newest))
        }
        try count(source)
    }

    private static func pair(_ user: String, _ item: String) -> String { user + "\u{1f}" + item }

    private func moment(
        _ time: Timestamp, _ text: String, _ source: ReportSource, bought: [String: [Int64]], knownUntil newest: Int64
    ) throws -> Moment {
        let end = time.microseconds + Int64(horizon * 86_400_000_000)
        var moment = Moment(time: time), people: Set<String> = [], items: Set<String> = [], buyers: Set<String> = []
        // By the purchases, not by the clock: of days that no feed has told of yet nobody knows what was bought.
        let isOver = end <= newest
        if isOver { moment.hits = 0 }
        // Of a place with several versions at one time SQLite takes the columns from the row of the greatest version.
        let rows = try Row.fetchCursor(
            source.database,
            sql:
                "SELECT subject, item, probability, kind, max(version) \(source.allRows) AND about = 'user' AND event_time = ? GROUP BY subject, place",
            arguments: [text])
        while let row = try rows.next() {
            let (user, item, kind): (String, String, String) = (row["subject"], row["item"], row["kind"])
            guard kind != RecommendationStage.withdrawal.mark else {
                moment.withdrawn += 1
                continue
            }
            moment.offers += 1
            people.insert(user)
            items.insert(item)
            if let probability = row["probability"] as Double? {
                moment.expected += probability
                moment.withProbability += 1
            }
            if isOver, bought[Self.pair(user, item)]?.contains(where: { $0 > time.microseconds && $0 <= end }) == true {
                moment.hits? += 1
                buyers.insert(user)
            }
        }
        (moment.people, moment.items) = (people.count, items.count)
        if isOver { moment.buyers = buyers.count }
        return moment
    }

    private mutating func count(_ source: ReportSource) throws {
        let rows = try Row.fetchCursor(source.database, sql: "SELECT item, kind, reason \(source.rows) AND about = 'user'")
        var (kinds, reasons, items): ([String: Int], [String: Int], [String: Int]) = ([:], [:], [:])
        while let row = try rows.next() {
            let (item, kind, reason): (String, String, String) = (row["item"], row["kind"], row["reason"])
            guard kind != RecommendationStage.withdrawal.mark else { continue }
            standing += 1
            kinds[kind, default: 0] += 1
            reasons[Self.leading(reason), default: 0] += 1
            items[item, default: 0] += 1
        }
        self.kinds = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        self.reasons = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        let questions = try Row.fetchAll(
            source.database,
            sql: """
                SELECT DISTINCT result.item AS item, EXISTS (
                    SELECT 1 FROM pipeline_decisions WHERE item = asked.id AND decided <= ?2) AS answered
                FROM \(ResultTable.quoted(source.table)) AS result JOIN pipeline_review_items AS asked
                ON asked.job = ?1 AND asked.key = result.about || ?3 || result.subject || ?3 || result.place AND asked.version = result.version
                WHERE result.about = 'item' AND asked.created <= ?2
                """, arguments: [source.job.name, source.now.microseconds, "\u{1f}"])
        var known: [String: Bool] = [:]
        for row in questions { known[row["item"]] = known[row["item"]] == true || (row["answered"] as Bool) }
        for (item, isAnswered) in known {
            asked += items[item] ?? 0
            if isAnswered { answered += items[item] ?? 0 }
        }
    }

    /// The words of a reason's first part, without its amount; what names an item stands for all items.
    package static func leading(_ reason: String) -> String {
        let first = reason.split(separator: "; ").last.map(String.init) ?? reason
        let part = first.split(separator: ", ").first.map(String.init) ?? first
        if part.hasPrefix("because of ") { return "because of an earlier purchase" }
        let words = part.split(separator: " ")
        return words.count > 1 && Double(words[words.count - 1]) != nil ? words.dropLast().joined(separator: " ") : part
    }
}

extension ReportSource {
    /// `FROM …` and `WHERE …` of every version of each row, of runs neither held nor discarded.
    var allRows: String {
        "FROM \(ResultTable.quoted(table)) WHERE run IN (SELECT id FROM pipeline_runs WHERE clock <= \(now.microseconds) "
            + "AND status NOT IN ('held', 'discarded'))"
    }
}
