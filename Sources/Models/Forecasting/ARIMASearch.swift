/// The stepwise search for orders.
///
/// Source: Hyndman, Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical Software 27 (2008), 3.2: from
/// the best of four or five models to the best neighbour that was not tried, at most 94 models. Series of more than 150 values or of
/// seasons beyond 12 are searched by conditional squares, and the best of those are then fitted in earnest.
struct ARIMASearch {
    private struct Place: Hashable { var p = 0, q = 0, seasonalP = 0, seasonalQ = 0, hasConstant = false }

    private let values: [Double]
    private let d: Int, seasonalD: Int, season: Int
    private let most: Place
    private let isApproximate: Bool
    private let mayHaveConstant: Bool
    private var tried: [(place: Place, criterion: Double)] = []
    private var best: (place: Place, fit: ARIMAFit)?
    private static let limit = 94

    init(_ values: [Double], d: Int, seasonalD: Int, season: Int) {
        (self.values, self.d, self.seasonalD, self.season) = (values, d, seasonalD, season)
        let count = values.count
        var most = Place(p: min(5, count / 3), q: min(5, count / 3))
        if season > 1 {
            (most.seasonalP, most.seasonalQ) = (min(2, count / 3 / season), min(2, count / 3 / season))
            (most.p, most.q) = (min(most.p, season - 1), min(most.q, season - 1))
        }
        self.most = most
        isApproximate = count > 150 || season > 12
        mayHaveConstant = d + seasonalD < 2
    }

    private func order(_ place: Place) -> ARIMAOrder {
        ARIMAOrder(
            p: place.p, d: d, q: place.q, seasonalP: place.seasonalP, seasonalD: seasonalD, seasonalQ: place.seasonalQ, season: season,
            hasConstant: place.hasConstant)
    }

    /// Whether the place is new and better than all before.
    @discardableResult
    private mutating func tries(_ place: Place) -> Bool {
        guard tried.count < Self.limit, !tried.contains(where: { $0.place == place }) else { return false }
        let fit = ARIMAFit(values, order: order(place), isApproximate: isApproximate)
        let criterion = fit.map { $0.isSafe && !$0.criterion.isNaN ? $0.criterion : .infinity } ?? .infinity
        tried.append((place, criterion))
        guard let fit, criterion < bestCriterion else { return false }
        best = (place, fit)
        bestCriterion = criterion
        return true
    }
    private var bestCriterion = Double.infinity

    mutating func run() -> ARIMAFit? {
        begin()
        var isBetter = best != nil
        while isBetter, let now = best?.place { isBetter = moves(from: now) }
        guard isApproximate else { return best?.fit }
        for (place, criterion) in tried.sorted(by: { $0.criterion < $1.criterion }) where criterion.isFinite {
            let fit = ARIMAFit(values, order: order(place), isApproximate: false)
            if let fit, fit.isSafe, fit.criterion.isFinite { return fit }
        }
        return nil
    }

    private mutating func begin() {
        let isLong = values.count >= 10, constant = mayHaveConstant
        let (p, q) = (min(isLong ? 2 : 1, most.p), min(isLong ? 2 : 1, most.q))
        let (seasonalP, seasonalQ) = isLong ? (min(1, most.seasonalP), min(1, most.seasonalQ)) : (0, 0)
        tries(Place(p: p, q: q, seasonalP: seasonalP, seasonalQ: seasonalQ, hasConstant: constant))
        tries(Place(hasConstant: constant))
        tries(Place(p: min(1, most.p), seasonalP: min(1, most.seasonalP), hasConstant: constant))
        tries(Place(q: min(1, most.q), seasonalQ: min(1, most.seasonalQ), hasConstant: constant))
        if constant { tries(Place()) }
    }

    /// To the first better neighbour: seasonal orders first, one down, one up, then two at once.
    private mutating func moves(from now: Place) -> Bool {
        let steps = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
        for isSeasonal in [true, false] {
            for (up, along) in steps {
                var next = now
                if isSeasonal {
                    (next.seasonalP, next.seasonalQ) = (now.seasonalP + up, now.seasonalQ + along)
                } else {
                    (next.p, next.q) = (now.p + up, now.q + along)
                }
                guard (0...most.p).contains(next.p), (0...most.q).contains(next.q), (0...most.seasonalP).contains(next.seasonalP),
                    (0...most.seasonalQ).contains(next.seasonalQ)
                else { continue }
                if tries(next) { return true }
            }
        }
        guard mayHaveConstant else { return false }
        var next = now
        next.hasConstant.toggle()
        return tries(next)
    }
}
