/// When people buy: tables by hour and weekday, no formula whose last bit could differ between platforms.
struct SpendingHabits {
    enum Profile: Int, CaseIterable {
        case worker, home, evening, night

        static func drawn(_ dice: inout Dice) -> Profile {
            switch dice.below(100) {
            case ..<48: .worker
            case ..<76: .home
            case ..<94: .evening
            default: .night
            }
        }
    }

    /// Share of each hour from 6 to 23, for working days, by profile; any unit.
    private static let hours: [[Int]] = [
        [3, 9, 11, 5, 4, 6, 15, 12, 5, 4, 6, 14, 18, 15, 9, 6, 4, 2],
        [1, 3, 7, 13, 17, 16, 11, 8, 9, 12, 13, 10, 7, 5, 3, 2, 1, 1],
        [1, 2, 3, 3, 4, 5, 7, 7, 5, 5, 7, 10, 14, 17, 18, 15, 11, 7],
        [4, 5, 3, 2, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 14, 12],
    ]
    private static let weekendHours = [1, 2, 4, 8, 13, 15, 14, 13, 14, 14, 13, 12, 12, 12, 11, 10, 8, 5]

    /// Purchases by weekday, Monday first, in 64ths of the mean; they sum to 448.
    private static let weekdays: [[Int]] = [
        [56, 55, 58, 63, 79, 86, 51],
        [66, 66, 67, 68, 70, 64, 47],
        [50, 51, 55, 63, 83, 91, 55],
        [62, 62, 62, 63, 67, 68, 64],
    ]

    /// 256 hours a profile, drawn with one byte; the weekend's come last.
    private let drawnHours: [[UInt8]]

    init() { drawnHours = (Self.hours + [Self.weekendHours]).map(Self.spread) }

    private static func spread(_ shares: [Int]) -> [UInt8] {
        let total = shares.reduce(0, +)
        var hours: [UInt8] = []
        var sum = 0
        for (index, share) in shares.enumerated() {
            sum += share
            while hours.count < sum * 256 / total { hours.append(UInt8(6 + index)) }
        }
        return hours
    }

    /// Number of purchases on a day of this weekday (0 = Monday): binomial with 16 trials, so nearly Poisson and never above 16.
    func purchaseCount(_ customer: SimulatedWorld.Customer, weekday: Int, _ dice: inout Dice) -> Int {
        let threshold = UInt64(customer.rate * Self.weekdays[customer.profile.rawValue][weekday] / 64)
        var count = 0
        for _ in 0..<4 {
            let bits = dice.next()
            count += bits & 0xffff < threshold ? 1 : 0
            count += bits >> 16 & 0xffff < threshold ? 1 : 0
            count += bits >> 32 & 0xffff < threshold ? 1 : 0
            count += bits >> 48 < threshold ? 1 : 0
        }
        return count
    }

    /// Second of the day at which this customer buys.
    func second(_ customer: SimulatedWorld.Customer, weekday: Int, _ dice: inout Dice) -> Int {
        if dice.below(1_000) < customer.nightShare { return dice.below(6 * 3_600) }
        let hour = drawnHours[weekday >= 5 ? Profile.allCases.count : customer.profile.rawValue][dice.below(256)]
        return Int(hour) * 3_600 + dice.below(3_600)
    }
}
