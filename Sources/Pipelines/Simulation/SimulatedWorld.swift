/// Where terminals stand and customers live, and which terminals each customer visits. Fixed for a whole simulation.
///
/// The plane is 65,536 x 65,536; most people and shops are in towns. A customer knows the nearest terminals and prefers the near and
/// the popular ones: weight = popularity / (1 + (distance / reach)^2).
struct SimulatedWorld {
    struct Terminal {
        var x: Int, y: Int
        /// What is sold here costs 2^(priceLevel / 256) times what this customer usually pays.
        var priceLevel: Int
        var popularity: Int
        /// An old device that records whole minutes: a source of ties.
        var isWholeMinutes: Bool
    }

    struct Customer {
        /// Median amount of a purchase, in minor units.
        var level: Int
        /// Standard deviation of the amount, in 1/256 octaves.
        var spread: Int
        /// Mean purchases a day times 4,096.
        var rate: Int
        var profile: SpendingHabits.Profile
        /// Of 1,000 purchases, how many are made between midnight and six.
        var nightShare: Int
    }

    static let favoriteCount = 12
    private static let side = 65_536

    let terminals: [Terminal]
    let customers: [Customer]
    /// `favoriteCount` terminals a customer, and the running sum of their weights up to 65,535 (fewer terminals: the last repeats).
    let favorites: [Int32]
    let weights: [UInt16]

    init(seed: UInt64, customers customerCount: Int, terminals terminalCount: Int, octaves: Octaves) {
        let towns = Towns(seed: seed, count: max(1, terminalCount / 50))
        terminals = (0..<terminalCount).map { index in
            var dice = Dice(seed: seed, .terminal, index)
            let (x, y) = towns.place(&dice)
            return Terminal(
                x: x, y: y, priceLevel: dice.bell() * 120 / 256, popularity: 1 + dice.below(8) * dice.below(8) / 8,
                isWholeMinutes: dice.below(100) < 6)
        }
        let map = TerminalMap(terminals)
        var customers: [Customer] = []
        var favorites: [Int32] = []
        var weights: [UInt16] = []
        customers.reserveCapacity(customerCount)
        favorites.reserveCapacity(customerCount * Self.favoriteCount)
        weights.reserveCapacity(customerCount * Self.favoriteCount)
        for index in 0..<customerCount {
            var dice = Dice(seed: seed, .customer, index)
            let (x, y) = towns.place(&dice)
            let profile = SpendingHabits.Profile.drawn(&dice)
            customers.append(
                Customer(
                    level: octaves.scale(2_100, by: dice.bell() * 200 / 256), spread: 150 + dice.below(130),
                    rate: min(28_000, max(300, octaves.scale(5_900, by: dice.bell() * 210 / 256))), profile: profile,
                    nightShare: profile == .night ? 150 + dice.below(200) : 4 + dice.below(40)))
            let near = map.nearest(Self.favoriteCount, x: x, y: y)
            var sums: [Int] = []
            for (terminal, squaredDistance) in near {
                let weight = terminals[terminal].popularity * 4_096 * map.squaredReach / (map.squaredReach + squaredDistance) + 1
                sums.append((sums.last ?? 0) + weight)
            }
            for slot in 0..<Self.favoriteCount {
                let known = min(slot, near.count - 1)
                favorites.append(Int32(near[known].terminal))
                weights.append(UInt16(sums[known] * 65_535 / sums[sums.count - 1]))
            }
        }
        (self.customers, self.favorites, self.weights) = (customers, favorites, weights)
    }

    /// One of the customer's usual terminals.
    func favorite(of customer: Int, _ dice: inout Dice) -> Int {
        let draw = UInt16(truncatingIfNeeded: dice.next() >> 48)
        var slot = customer * Self.favoriteCount
        let last = slot + Self.favoriteCount - 1
        while slot < last, weights[slot] < draw { slot += 1 }
        return Int(favorites[slot])
    }

    /// Town centers, and places around them.
    private struct Towns {
        let centers: [(x: Int, y: Int)]
        let radius: Int

        init(seed: UInt64, count: Int) {
            centers = (0..<count).map { index in
                var dice = Dice(seed: seed, .town, index)
                return (dice.below(side), dice.below(side))
            }
            radius = max(64, side / (6 * Int(Double(count).squareRoot() + 1)))
        }

        /// Of 100 places, 15 are in the country; a town's places are bell-shaped around its center, folded back at the plane's edge.
        func place(_ dice: inout Dice) -> (x: Int, y: Int) {
            if dice.below(100) < 15 { return (dice.below(side), dice.below(side)) }
            let center = centers[dice.below(centers.count)]
            func fold(_ value: Int) -> Int { value < 0 ? -value : value >= side ? 2 * side - 1 - value : value }
            return (fold(center.x + dice.bell() * radius / 256), fold(center.y + dice.bell() * radius / 256))
        }
    }

    /// Finds the terminals near a place: a grid of square cells with about two terminals each.
    private struct TerminalMap {
        private let terminals: [Terminal]
        private let cells: Int
        private let starts: [Int]
        private let members: [Int]
        /// Square of the distance at which a terminal is half as attractive as next door.
        let squaredReach: Int

        init(_ terminals: [Terminal]) {
            self.terminals = terminals
            let cells = max(1, Int(Double(terminals.count / 2).squareRoot()))
            var starts = [Int](repeating: 0, count: cells * cells + 1)
            let homes = terminals.map { ($0.y * cells / side) * cells + $0.x * cells / side }
            for home in homes { starts[home + 1] += 1 }
            for cell in 0..<(cells * cells) { starts[cell + 1] += starts[cell] }
            var next = starts
            var members = [Int](repeating: 0, count: terminals.count)
            for (terminal, home) in homes.enumerated() {
                members[next[home]] = terminal
                next[home] += 1
            }
            (self.cells, self.starts, self.members) = (cells, starts, members)
            let reach = max(1, side / cells / 2)
            squaredReach = reach * reach
        }

        /// Up to `count` terminals, nearest first, ties by number: rings of cells around the place until there are enough, and one more.
        func nearest(_ count: Int, x: Int, y: Int) -> [(terminal: Int, squaredDistance: Int)] {
            let column = x * cells / side, row = y * cells / side
            var found: [(terminal: Int, squaredDistance: Int)] = []
            var ring = 0, last = cells
            while ring <= last {
                for cellRow in max(0, row - ring)...min(cells - 1, row + ring) {
                    let isEdge = cellRow == row - ring || cellRow == row + ring
                    var cellColumn = column - ring
                    while cellColumn <= column + ring {
                        if cellColumn >= 0, cellColumn < cells {
                            let cell = cellRow * cells + cellColumn
                            for terminal in members[starts[cell]..<starts[cell + 1]] {
                                let dx = terminals[terminal].x - x, dy = terminals[terminal].y - y
                                found.append((terminal, dx * dx + dy * dy))
                            }
                        }
                        cellColumn += isEdge || ring == 0 ? 1 : 2 * ring
                    }
                }
                if found.count >= count, last == cells { last = min(cells, ring + 1) }
                ring += 1
            }
            found.sort { ($0.squaredDistance, $0.terminal) < ($1.squaredDistance, $1.terminal) }
            return Array(found.prefix(count))
        }
    }
}
