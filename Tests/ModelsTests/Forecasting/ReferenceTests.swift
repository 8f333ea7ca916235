import Foundation
import Models
import Testing

/// The models against forecasts and choices of statsforecast 2.1.1 on 200 simulated series (`Tests/Fixtures/forecasting/reference.csv`).
@Suite struct ReferenceTests {
    struct Row: Sendable {
        var name: String
        var criterion: Double?
        var values: [Double]
    }

    /// Series by number, and what the reference says of each, by model.
    static let file: (series: [[Double]], answers: [String: [Int: Row]]) = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/forecasting/reference.csv")
        guard let text = try? String(contentsOf: path, encoding: .utf8) else { return ([], [:]) }
        var series: [[Double]] = [], answers: [String: [Int: Row]] = [:]
        for line in text.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == 5, let id = Int(cells[0]) else { continue }
            let values = cells[4].split(separator: " ").compactMap { Double($0) }
            if cells[1] == "series" {
                series.append(values)
            } else {
                answers[String(cells[1]), default: [:]][id] = Row(
                    name: String(cells[2]), criterion: Double(cells[3]), values: values)
            }
        }
        return (series, answers)
    }()

    /// Numbers of series whose means differ from the reference's by more than 1e-3 of the value, of the first ones.
    static func differing(_ model: LocalModel, first count: Int = .max) -> (differing: [Int], of: Int) {
        let rows = (file.answers[model.rawValue] ?? [:]).filter { $0.key < count }
        let ids = rows.keys.sorted().filter { id in
            guard let row = rows[id] else { return true }
            let mean = model.forecast(file.series[id], ForecastRequest(horizon: row.values.count, season: 12)).mean
            return zip(mean, row.values).contains { abs($0 - $1) > 1e-3 * abs($1) }
        }
        return (ids, rows.count)
    }

    /// Numbers of series whose information criterion is worse than the reference's by more than 0.5, of the first ones.
    static func worse(_ model: LocalModel, first count: Int = .max) -> (worse: [Int], of: Int) {
        let rows = (file.answers[model.rawValue] ?? [:]).filter { $0.key < count }
        let ids = rows.keys.sorted().filter { id in
            guard let row = rows[id], let criterion = row.criterion else { return true }
            let own = model.forecast(file.series[id], ForecastRequest(horizon: row.values.count, season: 12)).criterion
            return own.map { $0 > criterion + 0.5 } ?? true
        }
        return (ids, rows.count)
    }

    @Test("the file is there: 200 series with six models' answers")
    func whole() {
        #expect(Self.file.series.count == 200)
        #expect(
            Self.file.answers.mapValues(\.count) == [
                "ses": 200, "theta": 200, "dynamic-optimised-theta": 200, "ces": 200, "ets": 200, "arima": 60,
            ])
    }

    /// Series that may differ, by model, each with its reason in the file.
    static let exceptions: [String: Set<Int>] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/forecasting/exceptions.csv")
        var result: [String: Set<Int>] = [:]
        for line in ((try? String(contentsOf: path, encoding: .utf8)) ?? "").split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", maxSplits: 2)
            if cells.count == 3, let id = Int(cells[1]) { result[String(cells[0]), default: []].insert(id) }
        }
        return result
    }()

    /// How many series are compared: without optimisation the slow models would take minutes.
    static func first(_ model: LocalModel) -> Int {
        #if DEBUG
            return model == .ets ? 24 : model == .arima ? 20 : 200
        #else
            return model == .arima ? 60 : 200
        #endif
    }

    @Test(
        "forecasts agree with the reference's to a thousandth, but for series by name",
        arguments: [LocalModel.ses, .theta, .dynamicOptimisedTheta, .ces, .ets, .arima])
    func agreement(model: LocalModel) {
        let (differing, count) = Self.differing(model, first: Self.first(model))
        #expect(count == Self.first(model))
        let unnamed = Set(differing).subtracting(Self.exceptions[model.rawValue] ?? [])
        // The searches stop early, so that another rounding of a logarithm (another machine's library) may turn one in a hundred.
        #expect(unnamed.count <= count / 100, "\(model.rawValue): differ \(unnamed.sorted())")
        #expect(Double(differing.count) <= 0.05 * Double(count))
    }

    @Test("no automatic choice has a criterion more than 0.5 above the reference's", arguments: [LocalModel.ces, .ets, .arima])
    func criterion(model: LocalModel) {
        let (worse, count) = Self.worse(model, first: Self.first(model))
        #expect(count == Self.first(model))
        #expect(worse.isEmpty, "\(model.rawValue): worse \(worse)")
    }

    @Test("an exception that has come to agree is taken off the list")
    func exceptionsHold() {
        #expect(Self.exceptions.values.reduce(0) { $0 + $1.count } <= 10)
        for (name, ids) in Self.exceptions where name != LocalModel.ets.rawValue {
            guard let model = LocalModel(rawValue: name) else {
                Issue.record("no model \(name)")
                continue
            }
            #expect(ids.subtracting(Self.differing(model).differing).isEmpty)
        }
    }

    @Test("a model that is another one is found")
    func negativeControl() {
        let rows = Self.file.answers["theta"] ?? [:]
        let near = rows.filter { id, row in
            let mean = LocalModel.naive.forecast(Self.file.series[id], ForecastRequest(horizon: row.values.count, season: 12)).mean
            return zip(mean, row.values).allSatisfy { abs($0 - $1) <= 1e-3 * abs($1) }
        }
        #expect(near.count < 10)
    }
}
