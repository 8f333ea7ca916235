import CLibXML2

/// The text of one column of a complete row; no text where the value is missing.
struct XMLField {
    var text: UnsafeBufferPointer<UInt8>
    var isTooLong: Bool
    var line: Int32
}

/// Where a row stands in its document.
struct XMLRowPlace {
    var line: Int64
    var start: Int64
    var end: Int64
    var endLine: Int64
    /// Of the innermost element of each asked scope, from 1; 0 = none.
    var ordinals: UnsafeMutablePointer<Int64>
}

/// Takes complete rows.
class XMLRowReceiver {
    func take(_ fields: UnsafeMutableBufferPointer<XMLField>, _ place: XMLRowPlace) {}

    /// More was exploded from one row than is kept.
    func overflow(_ place: XMLRowPlace) {}
}

/// Puts a complete row together from the frames of its scopes.
struct XMLRowCollector {
    private struct Alternative {
        /// -1 = the literal.
        var scope: Int32
        var slot: Int32
        var kind: XMLSlotRule.Kind
        var literal: UnsafeMutableBufferPointer<UInt8>
    }

    private let alternatives: UnsafeMutableBufferPointer<Alternative>
    /// Where each column's alternatives start, and the end of the last.
    private let starts: UnsafeMutableBufferPointer<Int>
    let fields: UnsafeMutableBufferPointer<XMLField>
    /// Slots of each scope for the row at hand; nil where there is no such element.
    private let slots: UnsafeMutableBufferPointer<UnsafeMutablePointer<XMLSlot>?>
    /// Scopes above the row that columns take values from.
    private let above: UnsafeMutableBufferPointer<Int32>
    /// For counts and truth values: 24 bytes a column.
    private let scratch: UnsafeMutablePointer<UInt8>
    private let rowScope: Int
    private let exploded: Int
    private var explodedRows: XMLExplodedRows
    private let ordinals: UnsafeMutablePointer<Int64>

    init(_ plan: XMLPlan) {
        var alternatives: [Alternative] = [], starts = [0]
        for column in plan.columns {
            for alternative in column {
                switch alternative {
                case .slot(let scope, let slot, let selection):
                    let kind: XMLSlotRule.Kind =
                        switch selection {
                        case .first: .first
                        case .last: .last
                        case .count: .count
                        case .exists: .exists
                        case .joined: .joined
                        }
                    alternatives.append(
                        Alternative(scope: Int32(scope), slot: Int32(slot), kind: kind, literal: .copy(of: [])))
                case .literal(let text):
                    alternatives.append(Alternative(scope: -1, slot: -1, kind: .first, literal: .copy(of: Array(text.utf8))))
                }
            }
            starts.append(alternatives.count)
        }
        self.alternatives = .copy(of: alternatives)
        self.starts = .copy(of: starts)
        let none = XMLField(text: UnsafeBufferPointer(start: nil, count: 0), isTooLong: false, line: 0)
        fields = .copy(of: [XMLField](repeating: none, count: plan.columns.count))
        slots = .copy(of: [UnsafeMutablePointer<XMLSlot>?](repeating: nil, count: plan.scopes.count))
        above = .copy(
            of: plan.scopes.indices.filter { index in
                switch plan.scopes[index].role {
                case .document, .above, .named: plan.scopes[index].slots.count > 0 || plan.isAsked(index)
                case .row, .exploded, .conditional, .step: false
                }
            }.map(Int32.init))
        scratch = .allocate(capacity: plan.columns.count * 24)
        rowScope = plan.rowScope
        exploded = plan.explodedScope ?? -1
        explodedRows = XMLExplodedRows(slots: plan.explodedScope.map { plan.scopes[$0].slots.count } ?? 0)
        ordinals = .allocate(capacity: plan.scopes.count)
        ordinals.initialize(repeating: 0, count: plan.scopes.count)
    }

    func deallocate() {
        for alternative in alternatives { alternative.literal.deallocate() }
        alternatives.deallocate()
        starts.deallocate()
        fields.deallocate()
        slots.deallocate()
        above.deallocate()
        scratch.deallocate()
        ordinals.deallocate()
        explodedRows.deallocate()
    }

    /// An exploded element has ended.
    mutating func explode(_ scope: UnsafeMutablePointer<XMLScope>, _ frame: UnsafeMutablePointer<XMLFrame>, end: Int64, endLine: Int64) {
        explodedRows.append(frame, end: end, endLine: endLine)
    }

    /// The row at hand is none after all.
    mutating func drop() { explodedRows.clear() }

    mutating func take(
        _ scopes: UnsafeMutablePointer<XMLScope>, row: UnsafeMutablePointer<XMLFrame>, depth: Int32, end: Int64, endLine: Int64,
        receiver: XMLRowReceiver
    ) {
        slots[rowScope] = row.pointee.slots
        for index in above {
            let scope = scopes + Int(index)
            let levels = scope.pointee.levelsAbove
            let frame = levels < 0 ? scope.pointee.frame(above: depth) : scope.pointee.frame(at: max(0, depth - levels))
            slots[Int(index)] = frame?.pointee.slots
            ordinals[Int(index)] = frame?.pointee.ordinal ?? 0
        }
        var place = XMLRowPlace(line: row.pointee.line, start: row.pointee.start, end: end, endLine: endLine, ordinals: ordinals)
        guard exploded >= 0 else {
            fill()
            return receiver.take(fields, place)
        }
        if explodedRows.isOverflowing { receiver.overflow(place) }
        for index in 0..<explodedRows.count {
            slots[exploded] = explodedRows.load(index)
            fill()
            let entry = explodedRows[index]
            (place.line, place.start, place.end, place.endLine) = (entry.line, entry.start, entry.end, entry.endLine)
            if index + 1 == explodedRows.count { (place.end, place.endLine) = (end, endLine) }
            receiver.take(fields, place)
        }
        if explodedRows.count == 0, !explodedRows.isOverflowing {
            slots[exploded] = nil
            fill()
            receiver.take(fields, place)
        }
        explodedRows.clear()
    }

    @inline(__always)
    private func fill() {
        for column in fields.indices {
            var index = starts[column]
            let last = starts[column &+ 1]
            fields[column].text = UnsafeBufferPointer(start: nil, count: 0)
            fields[column].isTooLong = false
            while index < last, !fill(column, alternatives[index]) { index &+= 1 }
        }
    }

    /// - Returns: false where this alternative gives no text.
    @inline(__always)
    private func fill(_ column: Int, _ alternative: Alternative) -> Bool {
        guard alternative.scope >= 0 else {
            fields[column].text = UnsafeBufferPointer(alternative.literal)
            return true
        }
        let slot = slots[Int(alternative.scope)].map { $0 + Int(alternative.slot) }
        if alternative.kind == .count || alternative.kind == .exists { return fillTally(column, alternative.kind, slot) }
        guard let slot else { return false }
        if alternative.scope != rowScope, alternative.scope != exploded, slot.pointee.state == .absent || alternative.kind != .first {
            slot.pointee.isUsed = true
        }
        guard slot.pointee.state == .filled, slot.pointee.bytes.count > 0 || slot.pointee.bytes.isTooLong else { return false }
        fields[column].text = UnsafeBufferPointer(start: slot.pointee.bytes.base, count: slot.pointee.bytes.count)
        fields[column].isTooLong = slot.pointee.bytes.isTooLong
        fields[column].line = slot.pointee.line
        return true
    }

    private func fillTally(_ column: Int, _ kind: XMLSlotRule.Kind, _ slot: UnsafeMutablePointer<XMLSlot>?) -> Bool {
        if let slot, kind == .count || slot.pointee.state == .absent { slot.pointee.isUsed = true }
        let text = kind == .count ? String(slot?.pointee.tally ?? 0) : slot?.pointee.state == .filled ? "true" : "false"
        let target = scratch + column * 24
        for (index, byte) in text.utf8.enumerated() { target[index] = byte }
        fields[column].text = UnsafeBufferPointer(start: target, count: text.utf8.count)
        return true
    }
}

/// The exploded elements of the row under construction, packed.
struct XMLExplodedRows {
    struct Entry {
        var line: Int64
        var start: Int64
        var end: Int64
        var endLine: Int64
    }
    private struct Item {
        var start: Int
        var count: Int
        var isTooLong: Bool
        var state: XMLSlot.State
        var tally: Int64
    }

    /// Bytes of text of one row's exploded elements.
    static let limit = 64 << 20
    static let countLimit = 1 << 20

    private var entries: [Entry] = []
    private var items: [Item] = []
    private var bytes: [UInt8] = []
    private(set) var isOverflowing = false
    private let slots: UnsafeMutableBufferPointer<XMLSlot>

    init(slots: Int) { self.slots = .copy(of: [XMLSlot](repeating: XMLSlot(), count: slots)) }

    func deallocate() {
        for slot in slots { slot.bytes.deallocate() }
        slots.deallocate()
    }

    var count: Int { entries.count }

    subscript(index: Int) -> Entry { entries[index] }

    mutating func clear() {
        entries.removeAll(keepingCapacity: true)
        items.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        isOverflowing = false
    }

    mutating func append(_ frame: UnsafeMutablePointer<XMLFrame>, end: Int64, endLine: Int64) {
        guard bytes.count < Self.limit, entries.count < Self.countLimit else {
            isOverflowing = true
            return
        }
        for index in slots.indices {
            let slot = frame.pointee.slots + index
            let text = UnsafeBufferPointer(start: slot.pointee.bytes.base, count: slot.pointee.bytes.count)
            items.append(
                Item(
                    start: bytes.count, count: text.count, isTooLong: slot.pointee.bytes.isTooLong, state: slot.pointee.state,
                    tally: slot.pointee.tally))
            bytes.append(contentsOf: text)
        }
        entries.append(Entry(line: frame.pointee.line, start: frame.pointee.start, end: end, endLine: endLine))
    }

    /// - Returns: the slots of one exploded element, until the next call.
    mutating func load(_ entry: Int) -> UnsafeMutablePointer<XMLSlot>? {
        for index in slots.indices {
            let item = items[entry * slots.count + index]
            slots[index].clear()
            (slots[index].state, slots[index].tally) = (item.state, item.tally)
            bytes.withUnsafeBufferPointer { all in
                if let base = all.baseAddress, item.count > 0 { slots[index].bytes.append(base + item.start, item.count) }
            }
            if item.isTooLong { slots[index].bytes.markTooLong() }
        }
        return slots.baseAddress
    }
}
