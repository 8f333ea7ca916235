/// The newest readings of one unit with the levels they had when they came, for items that show them.
///
/// Readings of a block are added behind those remembered, so that a row only holds how many there were after it; once the block is over,
/// all but the newest are left out.
final class ReadingTrail {
    struct Point {
        var time: Int64
        var values: [Double]
        var levels: [Float]
    }

    /// Readings that an item shows.
    static let length = 12

    private let width: Int
    private var times: [Int64] = []
    private var values: [Double] = []
    private var levels: [Float] = []

    /// - Parameter width: sensors of the unit.
    init(width: Int) { self.width = width }

    var count: Int { times.count }

    func append(time: Int64) { times.append(time) }

    /// One sensor of the reading added last, in the order of the sensors.
    func append(value: Double, level: Float) {
        values.append(value)
        levels.append(level)
    }

    /// The newest of the first `count` readings, oldest first.
    func points(of count: Int) -> [Point] {
        (max(0, count - Self.length)..<count).map { place in
            let range = (place * width)..<((place + 1) * width)
            return Point(time: times[place], values: Array(values[range]), levels: Array(levels[range]))
        }
    }

    func trim() {
        let old = times.count - Self.length
        guard old > 0 else { return }
        times.removeFirst(old)
        values.removeFirst(old * width)
        levels.removeFirst(old * width)
    }
}
