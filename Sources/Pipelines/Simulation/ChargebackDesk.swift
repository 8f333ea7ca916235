/// Reports fraud late, as a bank learns of it: keeps the labels that are not known yet, by the day on which they will be.
///
/// Of all frauds 3 % are never reported; the others come 1 to 20 days later, four of five within 7. One genuine transaction in 8,000 is
/// reported by mistake and corrected by a second label 3 to 14 days after the first.
struct ChargebackDesk {
    struct Label {
        var transaction: Int64
        var isFraud: Bool
        /// Second of the day on which it became known, in office hours.
        var second: Int
    }

    private static let horizon = 64
    private let seed: UInt64
    private var pending = [[Label]](repeating: [], count: horizon)

    init(seed: UInt64) { self.seed = seed }

    /// Takes in a transaction of `day`; true when a label will say something of it.
    mutating func report(_ transaction: Int64, isFraud: Bool, day: Int) -> Bool {
        var dice = Dice(seed: seed, .label, Int(transaction))
        let draw = dice.below(1_000_000)
        guard isFraud ? draw >= 30_000 : draw < 125 else { return false }
        let delay = isFraud && dice.below(5) == 0 ? 8 + dice.below(13) : 1 + dice.below(7)
        add(transaction, isFraud: true, day: day + delay, &dice)
        if !isFraud { add(transaction, isFraud: false, day: day + delay + 3 + dice.below(12), &dice) }
        return true
    }

    private mutating func add(_ transaction: Int64, isFraud: Bool, day: Int, _ dice: inout Dice) {
        let second = 8 * 3_600 + dice.below(10 * 3_600)
        pending[day % Self.horizon].append(Label(transaction: transaction, isFraud: isFraud, second: second))
    }

    /// The labels that became known on `day`, in time order. To be asked once for each day.
    mutating func known(on day: Int) -> [Label] {
        let labels = pending[day % Self.horizon].sorted { ($0.second, $0.transaction) < ($1.second, $1.transaction) }
        pending[day % Self.horizon] = []
        return labels
    }
}
