/// What came when covariates of few values (promotion, opening) were as they will be.
struct SameAsBefore {
    /// A number for each combination, a step each.
    private var keys: [Int] = []
    private var numbers: [[Double]: Int] = [:]
    private let matched: [Int]
    private let season: Int
    /// Steps of each combination, rising.
    private var places: [[Int]] = []

    /// Newest steps that a mean is over.
    static let most = 8

    /// - Parameters:
    ///   - matched: positions among the covariates.
    ///   - season: its place must be the same, too; 1 = anywhere.
    init(_ series: GlobalSeries, matched: [Int], season: Int) {
        let count = matched.map { series.covariates[$0].count }.min() ?? 0
        (self.matched, self.season) = (matched, season)
        for step in 0..<count {
            let key = key(series, step) { series.covariates[$0][step] }
            let number = numbers[key, default: places.count]
            if number == places.count {
                numbers[key] = number
                places.append([])
            }
            keys.append(number)
            places[number].append(step)
        }
    }

    /// Zeros of a combination that was zero nine times of ten so far become the value a season before, or the one before.
    func filled(_ values: [Double], season: Int) -> [Double] {
        var result = values, counts = places.map { _ in 0 }, zeros = counts
        for (step, value) in values.enumerated() where keys.indices.contains(step) {
            counts[keys[step]] += 1
            guard value == 0 else { continue }
            zeros[keys[step]] += 1
            guard 10 * zeros[keys[step]] >= 9 * counts[keys[step]], step > 0 else { continue }
            let isOpenBefore = step >= season && values[step - season] != 0
            result[step] = isOpenBefore ? result[step - season] : result[step - 1]
        }
        return result
    }

    private func key(_ series: GlobalSeries, _ step: Int, _ value: (Int) -> Double) -> [Double] {
        matched.map { value($0) }.map { $0.isNaN ? -.infinity : $0 } + [Double((series.start + step) % season)]
    }

    /// Combinations that there are.
    var count: Int { places.count }

    /// A step's combination; nil beyond what is known.
    func number(_ step: Int) -> Int? { keys.indices.contains(step) ? keys[step] : nil }

    /// A target's combination, and how many steps before the origin had it; nil where none is known.
    func seen(_ series: GlobalSeries, origin: Int, target: Int) -> (number: Int, seen: Int)? {
        guard var number = number(target) else { return nil }
        // The target is compared by what was known of it.
        if series.knownAt != nil {
            guard let known = numbers[key(series, target) { series.covariate($0, target, origin: origin) }] else { return nil }
            number = known
        }
        let steps = places[number]
        var low = 0, high = steps.count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle] < origin { low = middle + 1 } else { high = middle }
        }
        return (number, low)
    }

    /// Mean of the newest values before the origin; NaN where there are none.
    func mean(_ series: GlobalSeries, origin: Int, target: Int) -> Double {
        guard let (number, seen) = seen(series, origin: origin, target: target), seen > 0 else { return .nan }
        let used = places[number][max(0, seen - Self.most)..<seen]
        return used.reduce(0) { $0 + series.values[$1] } / Double(used.count)
    }

    /// Covariates with at most six values over all series, and more than one.
    static func matched(_ series: [GlobalSeries], among candidates: [Int]) -> [Int] {
        candidates.filter { place in
            var seen: Set<Double> = []
            for one in series {
                for value in one.covariates[place] where !value.isNaN { seen.insert(value) }
                if seen.count > 6 { return false }
            }
            return seen.count > 1
        }
    }
}
