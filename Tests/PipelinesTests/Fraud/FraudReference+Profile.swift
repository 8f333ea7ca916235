import Pipelines
import Records

extension FraudReference {
    private var day: Int64 { TestRows.day }

    private func days(_ span: Int64) -> Float { Float(Double(span) / Double(day)) }

    /// Earlier rows by time and then position, newest first: what a profile may look at.
    private func earlier(_ index: Int, after oldest: Int64, where isSame: (TestRows.Row) -> Bool) -> [Int] {
        let row = data.rows[index]
        return data.rows[..<index].indices
            .filter { isSame(data.rows[$0]) && data.rows[$0].time <= row.time && data.rows[$0].time > oldest }
            .sorted { (data.rows[$0].time, $0) > (data.rows[$1].time, $1) }
    }

    /// The 41 features of the profile, each from its sentence in the reference.
    func profile(_ index: Int) -> [Float] {
        let row = data.rows[index]
        return [Float(Timestamp(microseconds: row.time).hour)] + card(index).features + terminal(index)
    }

    private func card(_ index: Int) -> (features: [Float], isHigh: Bool) {
        let row = data.rows[index], amount = Double(row.amount)
        let rows = Array(
            earlier(index, after: max(row.time - 44 * day, cutoff(at: index))) { $0.customer == row.customer }.prefix(256))
        func amounts(_ isIncluded: (Int64) -> Bool) -> [Double] {
            rows.filter { isIncluded(row.time - data.rows[$0].time) }.map { Double(data.rows[$0].amount) }
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        func deviation(_ values: [Double]) -> Double {
            max(values.map { $0 * $0 }.reduce(0, +) / Double(values.count) - mean(values) * mean(values), 0).squareRoot()
        }
        let prior = amounts { _ in true }, quiet = amounts { $0 >= 14 * day }, recent = amounts { $0 < 14 * day }
        let newest = amounts { $0 < 3 * day }
        var features: [Float] = [
            rows.first.map { days(row.time - data.rows[$0].time) } ?? .nan,
            Float(rows.count { data.rows[$0].terminal == row.terminal }), Float(prior.count), Float(quiet.count),
        ]
        let level = quiet.count >= 5 ? quiet : prior
        func score(_ value: Double) -> Double { (value - mean(level)) / max(deviation(level), abs(mean(level)) / 10, 1) }
        if level.count >= 5 {
            let top = level.max()!
            features += [Float(mean(level) / 100), Float(deviation(level) / 100), Float(top / 100)]
            features += [Float(amount / max(mean(level), 1)), Float(score(amount)), Float(amount / max(top, 1))]
            features += [newest.max().map { Float(score($0)) } ?? .nan, recent.max().map { Float(score($0)) } ?? .nan]
            features += [newest, recent].map { $0.isEmpty ? .nan : Float(mean($0) / max(mean(level), 1)) }
            features += [newest, recent].map { Float($0.count { score($0) > 2.5 }) }
        } else {
            features += [Float](repeating: .nan, count: 12)
        }
        if prior.isEmpty {
            features += [.nan, .nan, .nan, .nan]
        } else {
            features += [Float(mean(prior) / 100), Float(prior.max()! / 100)]
            features += [Float(amount / max(mean(prior), 1)), Float(amount / max(prior.max()!, 1))]
        }
        return (features, level.count >= 5 && score(amount) > 2.5)
    }

    private func terminal(_ index: Int) -> [Float] {
        let row = data.rows[index], until = row.time - data.delay, oldest = max(until - 30 * day, cutoff(at: index))
        let everything = earlier(index, after: .min) { $0.terminal == row.terminal }
        let last = everything.first.map { data.rows[$0].time } ?? .min
        var features: [Float] = [last > oldest ? days(row.time - last) : .nan]
        for width in [1, 7, 30] as [Int64] {
            features.append(Float(everything.count { data.rows[$0].time > max(row.time - width * day, cutoff(at: index)) }))
        }
        let known = everything.filter { data.rows[$0].time <= until && data.rows[$0].time > oldest }
        let frauds = known.filter { isFraud($0, at: row.time, for: index) }
        let unexplained = frauds.filter { !card($0).isHigh }
        func age(_ other: Int?) -> Float { other.map { days(row.time - data.rows[$0].time) } ?? .nan }
        func count(_ rows: [Int], _ width: Int64) -> Float { Float(rows.count { until - data.rows[$0].time < width * day }) }
        features += [3, 7, 14, 31].map { count(unexplained, $0) } + [age(unexplained.last), age(unexplained.first)]
        if let first = unexplained.last {
            let since = known.prefix { $0 != first } + [first], genuine = since.count { !frauds.contains($0) }
            features += [Float(since.count), Float(genuine), Float(Double(since.count - genuine) / Double(since.count))]
        } else {
            features += [.nan, .nan, .nan]
        }
        let run = known.prefix { frauds.contains($0) }
        features += [age(known.dropFirst(run.count).first), age(frauds.first)]
        features += [7, 14, 31].map { count(frauds, $0) } + [Float(run.count)]
        let seen = everything.last { data.rows[$0].time > max(row.time - 44 * day, cutoff(at: index)) }
        features.append(seen.map { days(row.time - data.rows[$0].time) } ?? 0)
        return features
    }
}
