public import Models
public import Records

/// Demand of each item with quantiles, and the order that follows from it.
///
/// - A row is the units of one item in one period, or one of many (`rows-per-period: many`), known by its time and the feed's key. A second row for the same item
///   and period (or time and key) with other content takes the place of the first; with the same content it is a `duplicate`. Rows older than the
///   newest by more than `history` periods are rejects, too.
/// - Every item is forecast from its first row up to the period of the newest row of the whole feed, or the one before where that period is not
///   over (`last-period`); periods without a row are filled as `gaps` says. Units below zero count as zero. A period in which the item ran
///   out counts at least as much as the smooth level of those before.
/// - Quantiles are bounded by evidence: none is above `ceiling` times the largest value seen.
/// - A new item borrows from those like it (``DemandKin``); forecasts of a hierarchy's groups and items add up (``DemandHierarchy``).
/// - The order is a newsvendor's over the lead time and one review period: of 500 sums of sampled periods, the quantile at which holding,
///   missing and waste cost the same (or `service`), less stock and what is on order, rounded up to packs; all orders within the budget.
/// - The score is the chance to run out within that time if nothing is ordered.
public final class DemandStage: FinishingStage {
    var settings: DemandSettings
    let schema: Schema
    var state: DemandState
    var log = ByteWriter()
    var isLogging = false
    /// Items to be forecast, in order, and the last period that is known.
    private var items: [String] = []
    private(set) var origin = 0
    private var forecasts: DemandForecasts?
    private var budget: DemandBudget?
    private var sums = DemandSums()
    /// Forecasts that a budget was made from, without their pasts.
    private var held: [DemandForecasts.One] = []
    private var threads = 1
    /// Of the part given last.
    private(set) var results: [DemandResult] = []

    /// - Throws: a parameter or column that is missing or of the wrong type, an unknown zone.
    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try DemandSettings(configuration, schema: schema)
        self.schema = schema
        state = DemandState(history: settings.history, addsRows: settings.series.addsRows)
    }

    // MARK: Results

    public func finish(_ time: FinishTime) throws(Failure) -> Int {
        (items, forecasts, budget, held, results) = ([], nil, nil, [], [])
        guard let watermark = time.watermark else { return 0 }
        threads = time.threads
        var zone = settings.zone
        let isOpen = settings.last == .open || (settings.last == .auto && state.newestIsOpen)
        origin = settings.period(of: watermark.microseconds, &zone) - (isOpen ? 1 : 0)
        let origin = origin
        settings.holidays = Set(time.holidays)
        items = state.names.filter { (state.items[$0]?.first ?? .max) <= origin }
        items += newItems
        let made = DemandForecasts(DemandPlanner(settings: settings), state, items, threads: threads) { _ in origin }
        forecasts = made
        sums = DemandSums(made, state, items, origin: origin, threads: threads)
        if let most = settings.supply.budget {
            let wishes = DemandForecasts.concurrently(items.count, threads: threads) { [items, state, sums] index in
                Self.wish(items[index], made, sums, state, origin: origin)
            }
            budget = DemandBudget(wishes.map(\.0), budget: most * Double(settings.currency.minorUnits), planner: made.planner)
            held = wishes.map(\.1)
        }
        return items.count + made.groups.count
    }

    /// Items of the catalog that have not sold yet and are sold before the horizon ends.
    private var newItems: [String] {
        var zone = settings.zone
        let end = settings.period.start(of: origin + 1, &zone), last = settings.period.start(of: origin + settings.exposure + 1, &zone)
        return state.catalog.keys.filter { name in
            guard let entry = state.catalog[name], (state.items[name]?.first ?? .max) > origin else { return false }
            return entry.known <= end && entry.launch < last
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func wish(
        _ name: String, _ made: DemandForecasts, _ sums: DemandSums, _ state: DemandState, origin: Int
    ) -> (DemandBudget.Wish, DemandForecasts.One) {
        let cost = state.cost(of: name, made.planner.settings)
        var one = made.forecast(of: name, origin: origin)
        let result = made.planner.result(of: name, one, sums: sums, stock: state.stocks[name], unitCost: cost, origin: origin)
        let draws = result.draws?.thinned ?? DemandDraws(made.planner.nothing([]).forecast, made.planner.settings, seed: 0)
        // The past is in the state already, and can be long.
        if one.forecast.model != DemandKin.model { one.values = [] }
        one.forecast.fitted = []
        return (DemandBudget.Wish(name: name, position: result.position, unitCost: Double(cost), most: result.order, draws: draws), one)
    }

    private static func forecast(
        of name: String, held: DemandForecasts.One?, _ made: DemandForecasts, _ state: DemandState, origin: Int
    ) -> DemandForecasts.One {
        guard var one = held else { return made.forecast(of: name, origin: origin) }
        if one.values.isEmpty, let item = state.items[name], item.first <= origin {
            one.values = made.planner.series(item, through: origin)
        }
        return one
    }

    public func finished(_ range: Range<Int>) throws(Failure) -> FinishedRows {
        guard let made = forecasts else { return FinishedRows(batch: try batch(from: range.lowerBound), features: matrix) }
        let origin = origin
        results = DemandForecasts.concurrently(range.count, threads: threads) { [items, state, budget, held, sums] at in
            let index = range.lowerBound + at
            guard index < items.count else { return Self.result(of: made.groups[index - items.count], state, made, origin: origin) }
            let one = Self.forecast(of: items[index], held: held.isEmpty ? nil : held[index], made, state, origin: origin)
            return made.planner.result(
                of: items[index], one, sums: sums, stock: state.stocks[items[index]],
                unitCost: state.cost(of: items[index], made.planner.settings), origin: origin, ordered: budget?.cut[items[index]])
        }
        return FinishedRows(batch: try batch(from: range.lowerBound), features: matrix)
    }

    /// A group is not ordered: its row is there to be read, and nobody is asked about it.
    private static func result(
        of group: DemandHierarchy.Group, _ state: DemandState, _ made: DemandForecasts, origin: Int
    ) -> DemandResult {
        var result = DemandResult(item: group.name)
        (result.level, result.members) = (group.level, group.members.count)
        let stocks = group.members.compactMap { state.stocks[$0] }
        result.position = stocks.reduce(0) { $0 + $1.onHand + $1.onOrder }
        result.knowsStock = true
        result.recent = Array(group.one.values.suffix(12))
        result.history = group.one.values.count
        (result.loss, result.model) = (group.one.loss, group.one.forecast.model)
        result.choice = group.one.choice
        (result.mean, result.levels) = (group.one.forecast.mean, group.one.forecast.quantiles)
        result.expected = (group.one.forecast.mean.prefix(made.planner.settings.cover).reduce(0, +) * 100).rounded() / 100
        result.notes = ["a sum of \(group.members.count) items"]
        return result
    }

    private var matrix: FeatureMatrix {
        FeatureMatrix(featureCount: DemandResult.features.count, values: results.flatMap(\.featureValues))
    }

    /// The start of the first period that is forecast, as the job's zone has it.
    private var originTime: Int64 {
        var zone = settings.zone
        return settings.period.start(of: origin + 1, &zone)
    }

    private func batch(from first: Int) throws(Failure) -> RecordBatch {
        let money = ColumnType.money(settings.currency)
        let series = results.map { DemandSeriesName($0.item) }
        var columns = [
            settings.itemIsText ? Column(strings: series.map(\.item)) : Column(type: .int64, integers: series.map { Int64($0.item) ?? 0 })
        ]
        if let location = settings.series.location {
            columns.append(
                schema.fields[location].type == .string
                    ? Column(strings: series.map(\.location)) : Column(type: .int64, integers: series.map { Int64($0.location) ?? 0 }))
        }
        columns += [
            Column(type: .timestamp, integers: results.map { _ in originTime }), Column(strings: results.map(\.level)),
            Column(strings: results.map(\.model)), Column(doubles: results.map(\.position)), Column(doubles: results.map(\.expected)),
            Column(doubles: results.map(\.target)), Column(doubles: results.map(\.order)),
            Column(type: money, integers: results.map(\.orderValue)), Column(type: money, integers: results.map(\.shortage)),
            Column(type: money, integers: results.map(\.overstock)), Column(strings: results.map(\.forecastText)),
            Column(strings: results.map { $0.notes.joined(separator: "; ") }),
        ]
        return RecordBatch(
            schema: Schema(Self.fields(settings, schema)), columns: columns, rowNumbers: results.indices.map { Int64(first + $0 + 1) })
    }

    public func ruleScores(of matrix: FeatureMatrix) -> [Float] {
        (0..<matrix.rowCount).map { min(max(matrix.row($0)[matrix.row($0).startIndex], 0), 1) }
    }
}

/// A series is an item, or an item at a place.
struct DemandSeriesName: Hashable, Sendable {
    var item: String
    var location = ""

    private static let separator: Character = "\u{1F}"

    init(item: String, location: String) { (self.item, self.location) = (item, location) }

    init(_ text: String) {
        let parts = text.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        item = String(parts[0])
        location = parts.count > 1 ? String(parts[1]) : ""
    }

    var text: String { "\(item)\(Self.separator)\(location)" }
}
