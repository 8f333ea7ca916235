import CLibXML2
import Records

/// What libxml2's events do: follows the automaton, collects values, and hands each row to its receiver.
///
/// Advice to the next reader: it lives behind a pointer that libxml2's user data leads to, so that its many small changes need no checks
/// of exclusive access; names are compared by address, because libxml2 keeps one copy of each name in the parser's dictionary. Elements
/// that no path leads into are only counted.
struct XMLRowMachine {
    /// Nesting of elements; libxml2's push parser sets no limit of its own.
    static let depthLimit = 1_000

    typealias Name = UnsafePointer<xmlChar>

    let context: xmlParserCtxtPtr
    let automaton: XMLAutomaton
    let receiver: XMLRowReceiver
    private var table: UnsafeMutablePointer<Int32>
    private var states: UnsafeMutablePointer<XMLAutomaton.State>
    private let width: Int
    private let hasNamespaces: Bool
    private let stack: UnsafeMutablePointer<Int32>
    let scopes: UnsafeMutablePointer<XMLScope>
    let scopeCount: Int
    // The automaton's lists, kept here because a class's properties are checked at every access.
    private var captures: XMLList<XMLAutomaton.Capture>
    private var attributes: XMLList<XMLAutomaton.AttributeCapture>
    private var numbers: XMLList<Int32>
    private var tests = XMLList<XMLTest>()
    let counters: UnsafeMutablePointer<Int64>
    var collector: XMLRowCollector
    private let symbols: UnsafeMutablePointer<Symbol>
    private static let symbolCount = 1_024

    /// The symbol that a name was last found to be.
    private struct Symbol {
        var local: Name?
        var namespace: Name?
        var symbol: Int32 = 0
    }

    private(set) var depth: Int32 = 0
    private var deadDepth: Int32 = 0
    private var current = XMLAutomaton.document
    private var isCapturing = false
    /// Open elements whose own text is wanted, and those whose whole text is.
    private let texts: UnsafeMutablePointer<XMLBytes>
    private var textCount = 0
    private let wholeTexts: UnsafeMutablePointer<XMLBytes>
    private var wholeCount = 0

    var hasRows = false
    var watch: XMLRowsWatch
    /// Local name of the document's root element; nil before it.
    private(set) var root: String?
    /// The first fatal error: its line, and what was found in our words.
    private(set) var error: XMLFault?
    /// The paths ask what this document's order does not allow.
    var failure: XMLOrderProblem?
    /// No byte comes any more.
    var isEnding = false

    init(context: xmlParserCtxtPtr, plan: XMLPlan, receiver: XMLRowReceiver) {
        (self.context, self.receiver) = (context, receiver)
        automaton = XMLAutomaton(plan, dictionary: context.pointee.dict)
        (table, states, width, hasNamespaces) = (automaton.table, automaton.states, automaton.width, automaton.hasNamespaces)
        (captures, attributes, numbers) = (automaton.captures, automaton.attributes, automaton.numbers)
        stack = .allocate(capacity: Self.depthLimit + 1)
        stack[0] = XMLAutomaton.document
        scopeCount = plan.scopes.count
        scopes = .allocate(capacity: scopeCount)
        for (index, scope) in plan.scopes.enumerated() {
            (scopes + index).initialize(to: XMLScope(scope, isRow: index == plan.rowScope))
        }
        counters = .allocate(capacity: plan.counters)
        counters.initialize(repeating: 0, count: plan.counters)
        collector = XMLRowCollector(plan)
        symbols = .allocate(capacity: Self.symbolCount)
        symbols.initialize(repeating: Symbol(), count: Self.symbolCount)
        texts = .allocate(capacity: Self.depthLimit + 1)
        texts.initialize(repeating: XMLBytes(), count: Self.depthLimit + 1)
        wholeTexts = .allocate(capacity: Self.depthLimit + 1)
        wholeTexts.initialize(repeating: XMLBytes(), count: Self.depthLimit + 1)
        watch = XMLRowsWatch(plan.rows)
        _ = scopes[0].open(depth: 0)
    }

    func deallocate() {
        for index in 0..<scopeCount { scopes[index].deallocate() }
        scopes.deinitialize(count: scopeCount)
        scopes.deallocate()
        for index in 0..<tests.count { tests[index].deallocate() }
        tests.deallocate()
        for index in 0...Self.depthLimit {
            texts[index].deallocate()
            wholeTexts[index].deallocate()
        }
        texts.deallocate()
        wholeTexts.deallocate()
        stack.deallocate()
        counters.deallocate()
        symbols.deallocate()
        collector.deallocate()
    }

    /// Stops the parser for good.
    mutating func stop(line: Int64, found: String, expected: String) {
        if error == nil { error = XMLFault(line: line, found: found, expected: expected) }
        xmlStopParser(context)
    }

    mutating func fail(_ problem: XMLOrderProblem) {
        if failure == nil { failure = problem }
        xmlStopParser(context)
    }

    mutating func note(line: Int64, found: String, expected: String) {
        guard error == nil else { return }
        error = XMLFault(line: line, found: found, expected: expected)
    }

    var isInElement: Bool { depth > 0 }

    var line: Int64 { context.pointee.input.map { Int64($0.pointee.line) } ?? 0 }

    /// Bytes of the document that the parser is done with; 0 where it reads another encoding than UTF-8.
    var offset: Int64 {
        guard let input = context.pointee.input, input.pointee.buf?.pointee.encoder == nil else { return 0 }
        return Int64(input.pointee.consumed) + Int64(input.pointee.cur - input.pointee.base)
    }

    var isRecoded: Bool { context.pointee.input?.pointee.buf?.pointee.encoder != nil }

    /// Where the outermost open row starts; nil outside of rows.
    var rowStart: Int64? {
        let rows = scopes + automaton.plan.rowScope
        return rows.pointee.count > 0 ? rows.pointee.frames[0].start : nil
    }

    // MARK: Events

    @inline(__always)
    private mutating func symbol(_ local: Name, _ namespace: Name?) -> Int32 {
        var key = UInt(bitPattern: local)
        if hasNamespaces, let namespace { key ^= UInt(bitPattern: namespace) &* 31 }
        let entry = symbols + Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 54)
        if entry.pointee.local == local, !hasNamespaces || entry.pointee.namespace == namespace { return entry.pointee.symbol }
        return newSymbol(local, namespace, at: entry)
    }

    @inline(never)
    private mutating func newSymbol(_ local: Name, _ namespace: Name?, at entry: UnsafeMutablePointer<Symbol>) -> Int32 {
        let symbol = automaton.symbol(local, hasNamespaces ? automaton.namespaceBits(namespace) : 0)
        entry.pointee = Symbol(local: local, namespace: namespace, symbol: symbol)
        if hasNamespaces, !hasRows { watch.noteNamespace(local, namespace, line: line) }
        return symbol
    }

    @inline(never)
    private mutating func newState(_ symbol: Int32) -> Int32 {
        guard let next = automaton.step(from: current, symbol: symbol) else {
            stop(line: line, found: "more combinations of names than the paths can be followed through", expected: "fewer '//' in paths")
            return XMLAutomaton.dead
        }
        (table, states) = (automaton.table, automaton.states)
        (captures, attributes, numbers) = (automaton.captures, automaton.attributes, automaton.numbers)
        while tests.count < automaton.comparisons.count { _ = tests.append([XMLTest(automaton.comparisons[tests.count])]) }
        return next
    }

    mutating func start(_ local: Name, _ namespace: Name?, _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        guard depth &+ deadDepth < Self.depthLimit else {
            return stop(
                line: line, found: "elements nested deeper than \(Self.depthLimit)", expected: "at most \(Self.depthLimit) open elements")
        }
        if deadDepth > 0 {
            deadDepth &+= 1
            return
        }
        if root == nil { root = String(cString: local) }
        let symbol = symbol(local, namespace)
        var next = table[Int(current) &* width &+ Int(symbol)]
        if next == XMLAutomaton.unknown { next = newState(symbol) }
        if !hasRows {
            watch.enter(missingAtParent: states[Int(current)].missing, missingAtChild: states[Int(next)].missing, local)
        }
        if next == XMLAutomaton.dead {
            deadDepth = 1
            isCapturing = false
            return
        }
        depth &+= 1
        stack[Int(depth)] = next
        current = next
        let flags = states[Int(next)].flags
        isCapturing = flags & XMLAutomaton.hasOwnText != 0
        if flags == 0 { return }
        if isCapturing {
            texts[textCount].clear()
            textCount &+= 1
        }
        if flags & ~XMLAutomaton.hasOwnText != 0 { enter(states[Int(next)], local, count, values) }
    }

    /// All that an element starts but the capture of its own text.
    private mutating func enter(
        _ state: XMLAutomaton.State, _ local: Name, _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        if state.flags & XMLAutomaton.hasScopes != 0 {
            for index in state.scopes { open(scopes + Int(numbers[index])) }
        }
        if state.flags & XMLAutomaton.hasAttributes != 0 {
            for index in state.attributes { capture(attributes[index], count, values) }
        }
        if state.flags & XMLAutomaton.hasWholeText != 0 {
            wholeTexts[wholeCount].clear()
            wholeCount &+= 1
        }
        if state.flags & XMLAutomaton.hasOthers != 0 {
            for index in state.counters { counters[Int(numbers[index])] = 0 }
            for index in state.names {
                deliver(captures[index], UnsafeBufferPointer(start: local, count: Int(xmlStrlen(local))), isTooLong: false)
            }
        }
    }

    private mutating func open(_ scope: UnsafeMutablePointer<XMLScope>) {
        let frame = scope.pointee.open(depth: depth)
        if scope.pointee.counter >= 0, scope.pointee.isCountedAtStart {
            counters[Int(scope.pointee.counter)] += 1
            frame.pointee.position = counters[Int(scope.pointee.counter)]
        }
        if scope.pointee.isRow { hasRows = true }
        if scope.pointee.isLocated { (frame.pointee.start, frame.pointee.line) = startOfTag() }
    }

    /// The event comes when the parser stands at the end of the start tag, which holds no `<` but its first byte.
    private func startOfTag() -> (offset: Int64, line: Int64) {
        guard let input = context.pointee.input, let base = input.pointee.base, var at = input.pointee.cur else { return (0, line) }
        var line = Int64(input.pointee.line)
        while at > base {
            at -= 1
            if at.pointee == UInt8(ascii: "<") { break }
            if at.pointee == UInt8(ascii: "\n") { line -= 1 }
        }
        return isRecoded ? (0, line) : (Int64(input.pointee.consumed) + Int64(at - base), line)
    }

    /// - Parameter values: five pointers an attribute: local name, prefix, namespace, start and end of the value.
    private mutating func capture(
        _ wanted: XMLAutomaton.AttributeCapture, _ count: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard let values else { return }
        for index in 0..<count where wanted.local == nil || values[index &* 5] == wanted.local {
            if wanted.namespace >= 0, automaton.namespaceBits(values[index &* 5 &+ 2]) & (1 << wanted.namespace) == 0 { continue }
            guard let first = values[index &* 5 &+ 3], let end = values[index &* 5 &+ 4] else { continue }
            var start = first, last = end
            while start < last, XMLBytes.isSpace(start.pointee) { start += 1 }
            while last > start, XMLBytes.isSpace((last - 1).pointee) { last -= 1 }
            deliver(wanted.capture, UnsafeBufferPointer(start: start, count: last - start), isTooLong: false)
        }
    }

    @inline(__always)
    mutating func characters(_ text: UnsafePointer<xmlChar>, _ count: Int) {
        if isCapturing { texts[textCount &- 1].append(text, count) }
        if wholeCount > 0 { for index in 0..<wholeCount { wholeTexts[index].append(text, count) } }
    }

    mutating func end() {
        if deadDepth > 0 {
            deadDepth &-= 1
            if deadDepth == 0 { isCapturing = states[Int(current)].flags & XMLAutomaton.hasOwnText != 0 }
            return
        }
        let flags = states[Int(current)].flags
        if flags != 0 { leave(states + Int(current), flags) }
        depth &-= 1
        current = stack[Int(depth)]
        isCapturing = states[Int(current)].flags & XMLAutomaton.hasOwnText != 0
    }

    @inline(__always)
    private mutating func leave(_ state: UnsafeMutablePointer<XMLAutomaton.State>, _ flags: UInt8) {
        if flags & XMLAutomaton.hasOwnText != 0 {
            textCount &-= 1
            let text = texts[textCount].trimmed
            for index in state.pointee.texts { deliver(captures[index], text, isTooLong: texts[textCount].isTooLong) }
        }
        if flags & (XMLAutomaton.hasScopes | XMLAutomaton.hasWholeText) != 0 { leaveOthers(state) }
    }

    private mutating func leaveOthers(_ state: UnsafeMutablePointer<XMLAutomaton.State>) {
        if state.pointee.flags & XMLAutomaton.hasWholeText != 0 {
            wholeCount &-= 1
            let text = wholeTexts[wholeCount].trimmed
            for index in state.pointee.wholeTexts {
                deliver(captures[index], text, isTooLong: wholeTexts[wholeCount].isTooLong)
            }
        }
        for index in state.pointee.scopes.reversed() {
            let scope = scopes + Int(numbers[index])
            close(scope, scope.pointee.innermost)
            scope.pointee.close()
        }
    }

    /// Gives a value to the frame that it belongs to.
    @inline(__always)
    private mutating func deliver(_ capture: XMLAutomaton.Capture, _ text: UnsafeBufferPointer<UInt8>, isTooLong: Bool) {
        let scope = scopes + Int(capture.scope)
        guard let frame = scope.pointee.frame(at: capture.below < 0 ? -1 : depth &- capture.below) else { return }
        if capture.target < 0 {
            if tests[Int(capture.comparison)].holds(text) { frame.pointee.bits |= 1 << UInt64(-1 &- capture.target) }
        } else {
            let rule = scope.pointee.rules[Int(capture.target)]
            let line = context.pointee.input?.pointee.line ?? 0
            if !rule.take(frame.pointee.slots + Int(capture.target), text, isTooLong: isTooLong, tally: 1, line: line) {
                failLate(scope: Int(capture.scope), slot: Int(capture.target))
            }
        }
    }
}

/// What a document's order does not allow: a value or condition that counts for rows before it.
enum XMLOrderProblem {
    case lateValue(column: Int, line: Int64)
    case lateCondition(line: Int64)
}
