/// One simulated transaction.
struct SimulatedTransaction {
    /// Why a transaction is fraudulent. Never written: a feed does not say.
    enum Cause: UInt8 {
        case none, terminal, card, amount
    }

    /// Of the day.
    var second: Int32
    var customer: Int32
    var terminal: Int32
    /// Minor units.
    var amount: Int32
    var cause: Cause
}

/// Makes the days one after the other; between days it remembers only which terminals and cards are compromised.
///
/// What a customer does on a day comes from dice seeded by (seed, customer, day), so a day needs no history of purchases and a longer
/// simulation starts with the days of a shorter one.
struct DaySimulator {
    private let seed: UInt64
    private let world: SimulatedWorld
    private let habits = SpendingHabits()
    private let octaves: Octaves
    /// First day on which the terminal is sound again, and of 256 purchases at it how many are fraudulent until then.
    private var terminalSound: [Int32]
    private var terminalRisk: [Int]
    /// First day on which the card is safe again.
    private var cardSafe: [Int32]

    init(seed: UInt64, customers: Int, terminals: Int) {
        octaves = .shared
        world = SimulatedWorld(seed: seed, customers: customers, terminals: terminals, octaves: octaves)
        self.seed = seed
        terminalSound = [Int32](repeating: 0, count: terminals)
        terminalRisk = [Int](repeating: 0, count: terminals)
        cardSafe = [Int32](repeating: 0, count: customers)
    }

    /// The transactions of the next day in time order, ties by customer. Days must be asked for in order, from 0.
    mutating func transactions(day: Int, weekday: Int) -> [SimulatedTransaction] {
        skim(day: day)
        var made: [SimulatedTransaction] = []
        for customer in world.customers.indices {
            var dice = Dice(seed: seed, .purchase, customer, day: day)
            let count = habits.purchaseCount(world.customers[customer], weekday: weekday, &dice)
            for _ in 0..<count { buy(customer, weekday: weekday, &dice, &made) }
            steal(customer, day: day, &dice, &made)
        }
        return Self.inTimeOrder(made)
    }

    /// Terminals that are tampered with from today: for 5 to 29 days, 100 to 230 of 256 purchases at them are fraudulent.
    private mutating func skim(day: Int) {
        for terminal in terminalRisk.indices where terminalSound[terminal] <= day {
            terminalRisk[terminal] = 0
            var dice = Dice(seed: seed, .skimming, terminal, day: day)
            if dice.chance(perMillion: 420) {
                terminalSound[terminal] = Int32(day + 5 + dice.below(25))
                terminalRisk[terminal] = 100 + dice.below(131)
            }
        }
    }

    /// A purchase of the customer's own; at a compromised terminal it may be fraud, somewhat dearer than usual.
    private func buy(_ index: Int, weekday: Int, _ dice: inout Dice, _ made: inout [SimulatedTransaction]) {
        let customer = world.customers[index]
        let isTravel = dice.below(100) < 4
        let number = isTravel ? dice.below(world.terminals.count) : world.favorite(of: index, &dice)
        let terminal = world.terminals[number]
        var second = habits.second(customer, weekday: weekday, &dice)
        if terminal.isWholeMinutes { second -= second % 60 }
        let isFraud = terminalRisk[number] > 0 && dice.below(256) < terminalRisk[number]
        var octave = customer.spread * dice.bell() / 256 + terminal.priceLevel + (isFraud ? dice.below(300) : 0)
        if dice.below(1_000) < 9 { octave += 400 + dice.below(500) }
        var amount = octaves.scale(customer.level, by: octave)
        if dice.below(4) == 0 { amount = amount / 100 * 100 + 99 }
        let transaction = SimulatedTransaction(
            second: Int32(second), customer: Int32(index), terminal: Int32(number), amount: Self.limited(amount),
            cause: isFraud ? .terminal : .none)
        made.append(transaction)
        // Two tickets, one tap after the other: the same customer, terminal and second.
        if dice.below(400) == 0 { made.append(transaction) }
    }

    /// Thieves: a stolen card is used in bursts for 1 to 5 days, anywhere; now and then one very large amount, card in hand.
    private mutating func steal(_ index: Int, day: Int, _ dice: inout Dice, _ made: inout [SimulatedTransaction]) {
        let level = world.customers[index].level
        let draw = dice.below(1_000_000)
        if draw < 620 { cardSafe[index] = Int32(day + 1 + dice.below(5)) }
        if cardSafe[index] > day {
            var second = dice.below(80_000)
            for _ in 0..<(1 + dice.below(6)) {
                let amount = octaves.scale(level, by: 150 + dice.below(800))
                made.append(
                    SimulatedTransaction(
                        second: Int32(second), customer: Int32(index), terminal: Int32(dice.below(world.terminals.count)),
                        amount: Self.limited(amount), cause: .card))
                second = min(86_399, second + 15 + dice.below(1_200))
            }
        } else if draw >= 620, draw < 3_000 {
            let amount = 15_000 + octaves.scale(level, by: 750 + dice.below(500))
            made.append(
                SimulatedTransaction(
                    second: Int32(dice.below(86_400)), customer: Int32(index), terminal: Int32(world.favorite(of: index, &dice)),
                    amount: Self.limited(amount), cause: .amount))
        }
    }

    private static func limited(_ amount: Int) -> Int32 { Int32(min(900_000, max(40, amount))) }

    /// A counting sort by second, which keeps the order of customers within one.
    private static func inTimeOrder(_ made: [SimulatedTransaction]) -> [SimulatedTransaction] {
        var starts = [Int32](repeating: 0, count: 86_401)
        for transaction in made { starts[Int(transaction.second) + 1] += 1 }
        for second in 0..<86_400 { starts[second + 1] += starts[second] }
        return [SimulatedTransaction](unsafeUninitializedCapacity: made.count) { buffer, count in
            for transaction in made {
                let second = Int(transaction.second)
                buffer.initializeElement(at: Int(starts[second]), to: transaction)
                starts[second] += 1
            }
            count = made.count
        }
    }
}
