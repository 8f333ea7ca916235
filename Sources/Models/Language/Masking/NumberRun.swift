/// Groups of digits with at most a blank, a dash, a dot, a slash or brackets between them: `(03) 1234-5678`, `4111 1111 1111 1111`.
struct NumberRun {
    /// Most groups that one number has, with room for what stands beside it.
    static let most = 16
    /// Byte ranges of the groups.
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    /// First byte that belongs to no group.
    private(set) var end = 0
    private(set) var digits: [UInt8] = []
    /// Index into `digits` of each group.
    private(set) var offsets: [Int] = []

    var count: Int { starts.count }

    init() {}

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    /// Reads the run that begins at the digit `at`.
    mutating func read(_ bytes: [UInt8], at: Int, to limit: Int) {
        if starts.capacity == 0 {
            // Most texts have no number at all: nothing is allocated before the first.
            starts.reserveCapacity(Self.most)
            ends.reserveCapacity(Self.most)
            offsets.reserveCapacity(Self.most + 1)
            digits.reserveCapacity(64)
        }
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        digits.removeAll(keepingCapacity: true)
        var index = at
        while starts.count < Self.most {
            offsets.append(digits.count)
            starts.append(index)
            while index < limit, Self.isDigit(bytes[index]) {
                digits.append(bytes[index])
                index += 1
            }
            ends.append(index)
            guard let next = Self.next(bytes, after: index, to: limit) else { break }
            index = next
        }
        offsets.append(digits.count)
        end = index
    }

    /// The next digit, when at most three bytes of blanks, dashes, dots, slashes and brackets are in between.
    private static func next(_ bytes: [UInt8], after start: Int, to limit: Int) -> Int? {
        var at = start
        while at < limit, at <= start + 3 {
            switch bytes[at] {
            case 48...57: return at > start ? at : nil
            case 32, 40, 41, 45, 46, 47: at += 1
            default: return nil
            }
        }
        return nil
    }

    func length(_ group: Int) -> Int { ends[group] - starts[group] }
    func digits(_ first: Int, _ last: Int) -> ArraySlice<UInt8> { digits[offsets[first]..<offsets[last + 1]] }
    func digitCount(_ first: Int, _ last: Int) -> Int { offsets[last + 1] - offsets[first] }

    /// The byte between a group and the next where it is one only, else 0.
    func separator(_ group: Int, _ bytes: [UInt8]) -> UInt8 {
        guard group + 1 < count, starts[group + 1] == ends[group] + 1 else { return 0 }
        return bytes[ends[group]]
    }

    /// One and the same byte between all groups of the range, else 0.
    func separator(_ first: Int, _ last: Int, _ bytes: [UInt8]) -> UInt8 {
        let byte = separator(first, bytes)
        for group in first..<last where separator(group, bytes) != byte { return 0 }
        return byte
    }

    func number(_ group: Int) -> Int { digits(group, group).prefix(9).reduce(0) { $0 * 10 + Int($1) - 48 } }
}
