import CLibXML2
import Records

/// What libxml2's events do: follows the path tree, collects values, and hands each row to the batch builder.
///
/// Advice to the next reader: it lives behind a pointer that is libxml2's user data, so that its many small changes need no checks of
/// exclusive access; names are compared by address, because libxml2 keeps one copy of each name in the parser's dictionary. Each open
/// element has the number of its tree node on the stack, -1 where no path leads.
struct XMLRowMachine {
    /// Nesting of elements; libxml2's push parser sets no limit of its own.
    static let depthLimit = 1_000
    static let valueLimit = 1 << 20

    typealias Name = UnsafePointer<xmlChar>

    private struct Edge {
        var local: Name
        var namespace: Name?
        var isAnyNamespace: Bool
        var node: Int32
    }
    private struct AttributeCapture {
        var local: Name
        var namespace: Name?
        var isAnyNamespace: Bool
        var slot: Int
    }
    private struct Node {
        var edges: Range<Int>
        var texts: Range<Int>
        var attributes: Range<Int>
        /// -1 where the element is not on the rows' path.
        var level: Int
    }

    private let context: xmlParserCtxtPtr
    private let edges: UnsafeMutableBufferPointer<Edge>
    private let nodes: UnsafeMutableBufferPointer<Node>
    private let texts: UnsafeMutableBufferPointer<Int>
    private let attributes: UnsafeMutableBufferPointer<AttributeCapture>
    private let levelStarts: UnsafeMutableBufferPointer<Int>
    private let levelColumns: UnsafeMutableBufferPointer<Int>
    private let stack: UnsafeMutableBufferPointer<Int32>
    let slots: UnsafeMutableBufferPointer<XMLValue>
    private let isAnchored: Bool
    let levels: Int

    private var depth = 0
    private var current: Int32 = 0
    private var rowDepth = -1
    private(set) var rowStart: Int64 = 0
    private(set) var rowLine: Int64 = 0
    var isInRow: Bool { rowDepth >= 0 }

    /// Level that was reached at most, and the names of elements seen right below it, while no row was found.
    private(set) var deepestLevel = 0
    private(set) var namesBelow: [Name] = []
    private var hasRows = false

    /// The first fatal error: its line, and libxml2's message or our reason.
    private(set) var error: (line: Int64, found: String, expected: String)?
    /// No byte comes any more.
    var isEnding = false
    var sink: XMLRowSink

    init(context: xmlParserCtxtPtr, trie: XMLPathTrie, isAnchored: Bool, sink: XMLRowSink) {
        self.context = context
        self.isAnchored = isAnchored
        self.sink = sink
        levels = trie.levels
        let dictionary = context.pointee.dict
        func interned(_ text: String) -> Name? { text.isEmpty ? nil : xmlDictLookup(dictionary, text, Int32(text.utf8.count)) }
        var edges: [Edge] = [], texts: [Int] = [], attributes: [AttributeCapture] = []
        var nodes: [Node] = []
        for node in trie.nodes {
            let first = (edges.count, texts.count, attributes.count)
            for edge in node.edges {
                guard let local = interned(edge.step.local) else { continue }
                let namespace = interned(edge.step.namespace ?? "")
                edges.append(
                    Edge(local: local, namespace: namespace, isAnyNamespace: edge.step.namespace == nil, node: Int32(edge.node)))
            }
            texts += node.texts
            for (name, column) in node.attributes {
                guard let local = interned(name.local) else { continue }
                let namespace = interned(name.namespace ?? "")
                attributes.append(
                    AttributeCapture(local: local, namespace: namespace, isAnyNamespace: name.namespace == nil, slot: column))
            }
            nodes.append(
                Node(
                    edges: first.0..<edges.count, texts: first.1..<texts.count, attributes: first.2..<attributes.count,
                    level: node.level ?? -1))
        }
        self.edges = .copy(of: edges)
        self.nodes = .copy(of: nodes)
        self.texts = .copy(of: texts)
        self.attributes = .copy(of: attributes)
        var starts = [0]
        for columns in trie.columnsOfLevel { starts.append(starts[starts.count - 1] + columns.count) }
        levelStarts = .copy(of: starts)
        levelColumns = .copy(of: trie.columnsOfLevel.flatMap { $0 })
        stack = .copy(of: [Int32](repeating: -1, count: Self.depthLimit + 1))
        slots = .copy(of: (0..<levelColumns.count).map { _ in XMLValue() })
    }

    func deallocate() {
        for slot in slots.indices { slots[slot].deallocate() }
        edges.deallocate()
        nodes.deallocate()
        texts.deallocate()
        attributes.deallocate()
        levelStarts.deallocate()
        levelColumns.deallocate()
        stack.deallocate()
        slots.deallocate()
    }

    /// Stops the parser for good.
    mutating func stop(line: Int64, found: String, expected: String) {
        if error == nil { error = (line, found, expected) }
        xmlStopParser(context)
    }

    mutating func note(line: Int64, message: String) {
        guard error == nil else { return }
        // libxml2 calls the end of the bytes "extra content", even with elements open.
        let breaksOff = isEnding && depth > 0 && (message.hasPrefix("Extra content") || message.hasPrefix("Premature end"))
        error = (line, breaksOff ? "a document that breaks off" : message, "a well-formed XML document")
    }

    var line: Int64 { context.pointee.input.map { Int64($0.pointee.line) } ?? 0 }

    /// Bytes of the document that the parser is done with; 0 where it reads another encoding than UTF-8.
    var offset: Int64 {
        guard let input = context.pointee.input, input.pointee.buf?.pointee.encoder == nil else { return 0 }
        return Int64(input.pointee.consumed) + Int64(input.pointee.cur - input.pointee.base)
    }

    var isRecoded: Bool { context.pointee.input?.pointee.buf?.pointee.encoder != nil }

    // MARK: Events

    @inline(__always)
    private func child(of node: Int32, _ local: Name, _ namespace: Name?) -> Int32 {
        for index in nodes[Int(node)].edges where edges[index].local == local {
            if edges[index].isAnyNamespace || edges[index].namespace == namespace { return edges[index].node }
        }
        return -1
    }

    mutating func start(_ local: Name, _ namespace: Name?, _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        guard depth < Self.depthLimit else {
            return stop(
                line: line, found: "elements nested deeper than \(Self.depthLimit)", expected: "at most \(Self.depthLimit) open elements")
        }
        let parent = current
        stack[depth] = parent
        depth += 1
        var next: Int32 = parent >= 0 ? child(of: parent, local, namespace) : -1
        if next < 0, !isAnchored, rowDepth < 0 { next = child(of: 0, local, namespace) }
        current = next
        if next < 0 {
            if !hasRows { noteName(local, below: parent) }
            return
        }
        let node = nodes[Int(next)]
        if node.level >= 0 { startLevel(node.level) }
        for index in node.attributes { capture(attributes[index], count, values) }
        for index in node.texts { slots[texts[index]].open() }
    }

    private mutating func startLevel(_ level: Int) {
        for index in levelStarts[level]..<levelStarts[level + 1] { slots[levelColumns[index]].clear() }
        if level > deepestLevel {
            deepestLevel = level
            namesBelow = []
        }
        guard level == levels, rowDepth < 0 else { return }
        rowDepth = depth
        hasRows = true
        rowLine = line
        rowStart = startOfTag
    }

    /// The event comes when the parser stands at the end of the start tag, which holds no `<` but its first byte.
    private var startOfTag: Int64 {
        guard !isRecoded, let input = context.pointee.input, let base = input.pointee.base, var at = input.pointee.cur else { return 0 }
        while at > base {
            at -= 1
            if at.pointee == UInt8(ascii: "<") { break }
        }
        return Int64(input.pointee.consumed) + Int64(at - base)
    }

    private mutating func noteName(_ name: Name, below parent: Int32) {
        guard parent >= 0, nodes[Int(parent)].level == deepestLevel, namesBelow.count <= 30, !namesBelow.contains(name) else { return }
        namesBelow.append(name)
    }

    /// - Parameter values: five pointers an attribute: local name, prefix, namespace, start and end of the value.
    private func capture(_ wanted: AttributeCapture, _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        guard let values, slots[wanted.slot].isEmpty else { return }
        for index in 0..<count where values[index * 5] == wanted.local {
            guard wanted.isAnyNamespace || values[index * 5 + 2] == wanted.namespace else { continue }
            guard let first = values[index * 5 + 3], let end = values[index * 5 + 4] else { continue }
            slots[wanted.slot].open()
            slots[wanted.slot].append(first, end - first)
            return slots[wanted.slot].close()
        }
    }

    func characters(_ text: UnsafePointer<xmlChar>, _ count: Int) {
        guard current >= 0 else { return }
        for index in nodes[Int(current)].texts { slots[texts[index]].append(text, count) }
    }

    mutating func end() {
        if current >= 0 {
            for index in nodes[Int(current)].texts { slots[texts[index]].close() }
            if depth == rowDepth {
                sink.take(slots, line: rowLine, start: rowStart, end: offset, endLine: line)
                rowDepth = -1
            }
        }
        depth -= 1
        current = stack[depth]
    }
}

extension UnsafeMutableBufferPointer {
    fileprivate static func copy(of values: [Element]) -> UnsafeMutableBufferPointer {
        let buffer = allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        return buffer
    }
}

/// The text of one column of the row under construction, or of an ancestor: first occurrence only.
struct XMLValue {
    private enum State { case empty, open, filled }

    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity = 64
    private var count = 0
    private var state = State.empty
    /// More than ``XMLRowMachine/valueLimit`` bytes; the rest was left out.
    private(set) var isTooLong = false

    init() { bytes = .allocate(capacity: 64) }

    func deallocate() { bytes.deallocate() }

    var isEmpty: Bool { state == .empty }

    @inline(__always)
    mutating func clear() { (state, count, isTooLong) = (.empty, 0, false) }

    @inline(__always)
    mutating func open() { if state == .empty { state = .open } }

    @inline(__always)
    mutating func close() { if state == .open { state = .filled } }

    mutating func append(_ text: UnsafePointer<UInt8>, _ length: Int) {
        guard state == .open else { return }
        if count + length > capacity {
            guard count + length <= XMLRowMachine.valueLimit else {
                isTooLong = true
                return
            }
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count + length, capacity * 2))
            larger.update(from: bytes, count: count)
            bytes.deallocate()
            (bytes, capacity) = (larger, max(count + length, capacity * 2))
        }
        (bytes + count).update(from: text, count: length)
        count += length
    }

    /// Without surrounding white space; empty where there is no value, or none that is complete.
    var text: UnsafeBufferPointer<UInt8> {
        guard state == .filled else { return UnsafeBufferPointer(start: bytes, count: 0) }
        var first = 0, last = count
        while first < last, Self.isSpace(bytes[first]) { first += 1 }
        while last > first, Self.isSpace(bytes[last - 1]) { last -= 1 }
        return UnsafeBufferPointer(start: bytes + first, count: last - first)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte >= 9 && byte <= 13 }
}
