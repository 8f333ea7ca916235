import Connectors
import Models
import Records

/// A recommendations job's files read once: rows, and what each table said from when on.
struct OfferHistory {
    let settings: RecommendationSettings
    private let rows: RecommendationState
    private var entries: [(known: Int64, entry: RecommendationState.Entry)] = []
    /// When each table's first row was known.
    private(set) var tablesKnown: [String: Int64] = [:]
    private(set) var oldest = Int64.max
    private(set) var newest = Int64.min

    /// - Parameters:
    ///   - stage: whose settings hold; the feeds are the job's.
    ///   - decisions: of people in the job's queue; a run heeds those made before its clock.
    init(_ job: ScoringJob, stage configuration: StageConfiguration, decisions: [StageDecision] = []) throws(Failure) {
        let stage = try RecommendationStage(configuration: configuration, schema: job.main.schema)
        settings = stage.settings
        let time = job.main.eventTime.flatMap { job.main.schema.index(of: $0) } ?? 0
        let keys = job.main.key.compactMap { job.main.schema.index(of: $0) }
        var dated: [(known: Int64?, feed: String, entry: RecommendationState.Entry)] = []
        for feed in job.streamedFeeds {
            let reader = BlockReader(feed: feed, files: try Readiness.deliveries(of: feed, in: job.directory), blockRows: 8_192)
            while let read = try reader.next() {
                let batch = read.block.batch
                if feed.role == .table {
                    let times = feed.eventTime.flatMap { batch[$0] }
                    for (row, entry) in try settings.entries(of: batch, ofTable: feed.name).entries {
                        dated.append((times.flatMap { $0.isValid(row) ? $0.integers[row] : nil }, feed.name, entry))
                    }
                } else {
                    let times = batch.columns[time].integers
                    oldest = min(oldest, times.min() ?? oldest)
                    newest = max(newest, times.max() ?? newest)
                    _ = try stage.absorb(StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: keys), times: times))
                }
            }
        }
        rows = stage.state
        for (known, feed, _) in dated { tablesKnown[feed] = min(tablesKnown[feed] ?? .max, known ?? .min) }
        entries = dated.map { ($0.known ?? .min, $0.entry) }
        // A table that was first known later is taken as it was then, or no week before could be looked at.
        for (place, row) in dated.enumerated() where row.known == tablesKnown[row.feed] { entries[place].known = .min }
        for decision in decisions {
            guard let instruction = settings.instruction(decision) else { continue }
            entries.append((instruction.known + 1, .instruction(decision.subject, instruction)))
        }
        let order = entries.indices.sorted { (entries[$0].known, $0) < (entries[$1].known, $1) }
        entries = order.map { entries[$0] }
    }

    /// Rows, and tables as they were known then; what is bought later is not looked at by a run at this time.
    func state(asOf time: Int64) -> RecommendationState {
        var state = rows
        for (known, entry) in entries where known <= time { state.apply(entry) }
        return state
    }

    /// Items by person, by the names of that time, less what came back within the same days.
    func bought(after start: Int64, through end: Int64) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for event in state(asOf: start).purchases(until: end) where event.time > start { found[event.user, default: []].insert(event.item) }
        return found
    }
}
