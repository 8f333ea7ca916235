/// A comparison of a condition, ready for loops: its text as bytes.
struct XMLTest {
    private enum Kind: UInt8 { case exists, equal, unequal, contains, startsWith, number }

    private let kind: Kind
    private let order: XMLOrder
    private let number: Double
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ comparison: XMLComparison) {
        var order = XMLOrder.equal, number = 0.0, text = ""
        switch comparison {
        case .exists: kind = .exists
        case .text(let isEqual, let wanted): (kind, text) = (isEqual ? .equal : .unequal, wanted)
        case .contains(let wanted): (kind, text) = (.contains, wanted)
        case .startsWith(let wanted): (kind, text) = (.startsWith, wanted)
        case .number(let wantedOrder, let wanted): (kind, order, number) = (.number, wantedOrder, wanted)
        }
        (self.order, self.number) = (order, number)
        self.text = .copy(of: Array(text.utf8))
    }

    func deallocate() { text.deallocate() }

    @inline(__always)
    func holds(_ found: UnsafeBufferPointer<UInt8>) -> Bool {
        switch kind {
        case .exists: true
        case .equal: found.count == text.count && isAt(0, of: found)
        case .unequal: found.count != text.count || !isAt(0, of: found)
        case .startsWith: found.count >= text.count && isAt(0, of: found)
        case .contains: found.count >= text.count && (0...found.count - text.count).contains { isAt($0, of: found) }
        case .number: holdsNumber(found)
        }
    }

    @inline(__always)
    private func isAt(_ start: Int, of found: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < text.count {
            if found[start &+ index] != text[index] { return false }
            index &+= 1
        }
        return true
    }

    private func holdsNumber(_ found: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = found.baseAddress, !found.isEmpty else { return false }
        var value = 0.0
        guard NumberText.double(base, found.count, into: &value) == .none else { return false }
        return order.holds(value, number)
    }
}
