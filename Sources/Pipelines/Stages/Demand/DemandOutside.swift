import Models
import Records

/// Forecasts that were made elsewhere and came as a feed: of each item and model, those of each time at which they became known.
///
/// A forecast is used from an origin only where all of its horizon was known when the origin's period ended; of several, the one known last.
struct DemandOutside: Equatable, Sendable {
    /// A row of the feed: one period of one forecast.
    struct Row: Equatable, Sendable {
        var item: String
        var model: String
        var period: Int
        /// When it became known, microseconds.
        var known: Int64
        /// The mean, then the planner's levels.
        var values: [Float]
    }

    private struct Forecasts: Equatable, Sendable {
        var known: Int64
        var periods = DemandKnown()
    }

    /// By item, then model, in order of known time.
    private var items: [String: [String: [Forecasts]]] = [:]
    /// Forecasts of one item and model that are kept, the newest.
    private static let most = 200
    private static let width = DemandPlanner.levels.count + 1

    var isEmpty: Bool { items.isEmpty }

    var bytes: Int {
        items.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + 64 + $1.reduce(0) { $0 + 48 + $1.periods.bytes } } }
    }

    /// Names of the models that forecast an item, in order.
    func models(of item: String) -> [String] { items[item].map { $0.keys.sorted() } ?? [] }

    mutating func take(_ row: Row, newest: Int, history: Int) {
        if newest != .min, row.period <= newest - history || row.period > newest + history { return }
        var list = items[row.item]?[row.model] ?? []
        let at = list.firstIndex { $0.known >= row.known } ?? list.count
        if at == list.count || list[at].known != row.known { list.insert(Forecasts(known: row.known), at: at) }
        list[at].periods.set(planned: row.values, row.period, time: row.known)
        if list.count > Self.most { list.removeFirst() }
        items[row.item, default: [:]][row.model] = list
    }

    /// The newest forecast known at `end` that has all of the periods; nil where there is none.
    func forecast(of item: String, by model: String, periods: [Int], knownBy end: Int64) -> LocalForecast? {
        guard let list = items[item]?[model] else { return nil }
        for forecasts in list.reversed() where forecasts.known <= end {
            let rows = periods.map { forecasts.periods.row($0, knownBy: end, width: Self.width) }
            guard rows.allSatisfy({ !$0[0].isNaN }) else { continue }
            return LocalForecast(model: model, mean: rows.map { $0[0] }, quantiles: rows.flatMap { $0.dropFirst() }).clampedAtZero()
        }
        return nil
    }

    /// The mean and the planner's levels from a few quantiles: on lines between them and on the outer lines beyond, never crossing.
    ///
    /// - Parameters:
    ///   - levels: rising, at least one.
    ///   - values: one a level, finite.
    ///   - mean: nil = that of the levels.
    static func values(levels: [Double], values: [Double], mean: Double?) -> [Float] {
        let sorted = values.sorted()
        let one = LocalForecast(model: "", mean: [sorted[sorted.count / 2]], quantiles: sorted)
        let quantiles = DemandPlanner.levels.map { one.value(step: 0, at: $0, levels: levels) }
        return ([mean ?? quantiles.reduce(0, +) / Double(quantiles.count)] + quantiles).map { Float($0) }
    }

    /// The level that a column's name states: `q10`, `q2_5`; nil for another name.
    static func level(ofColumn name: String) -> Double? {
        guard name.first == "q", let percent = Double(name.dropFirst().replacing("_", with: ".")), percent > 0, percent < 100 else {
            return nil
        }
        return percent / 100
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.varint(UInt64(items.count))
        for name in items.keys.sorted() {
            DemandState.write(name, to: &writer)
            let models = items[name] ?? [:]
            writer.varint(UInt64(models.count))
            for model in models.keys.sorted() {
                DemandState.write(model, to: &writer)
                let list = models[model] ?? []
                writer.varint(UInt64(list.count))
                for forecasts in list {
                    writer.signed(forecasts.known)
                    forecasts.periods.write(to: &writer)
                }
            }
        }
    }

    init() {}

    init(from reader: inout ByteReader) {
        for _ in 0..<reader.count(of: 2) {
            let name = DemandState.text(&reader)
            var models: [String: [Forecasts]] = [:]
            for _ in 0..<reader.count(of: 2) {
                let model = DemandState.text(&reader)
                models[model] = (0..<reader.count(of: 3)).map { _ in
                    Forecasts(known: reader.signed(), periods: DemandKnown(from: &reader))
                }
            }
            items[name] = models
        }
    }

    static func write(_ row: Row, to writer: inout ByteWriter) {
        DemandState.write(row.item, to: &writer)
        DemandState.write(row.model, to: &writer)
        writer.signed(Int64(row.period))
        writer.signed(row.known)
        DemandState.write(row.values, to: &writer)
    }

    static func row(_ reader: inout ByteReader) -> Row {
        Row(
            item: DemandState.text(&reader), model: DemandState.text(&reader), period: Int(reader.signed()), known: reader.signed(),
            values: DemandState.floats(&reader))
    }
}
