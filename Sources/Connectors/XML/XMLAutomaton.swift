import CLibXML2

/// The plan as an automaton over the names of elements: a state says which nodes of the plan an open element is, and the step from an
/// element to a child is one look into a table.
///
/// States and steps are made when a document first needs them. Names that no path mentions are one symbol, so that there are never more
/// than paths can tell apart; a limit guards against paths that multiply.
final class XMLAutomaton {
    typealias Name = UnsafePointer<xmlChar>

    struct State {
        /// Whether anything is to be done at all; then which.
        var flags: UInt8 = 0
        var scopes = 0..<0
        var texts = 0..<0
        var wholeTexts = 0..<0
        var attributes = 0..<0
        var names = 0..<0
        var counters = 0..<0
        /// Steps that a rows' path has left below such an element; 0 = it is a row.
        var missing = Int16.max
    }

    struct Capture {
        var scope: Int32
        /// -1 = any number of levels.
        var below: Int32
        /// A slot, or -1 minus a bit.
        var target: Int32
        /// Of a bit; -1 for slots.
        var comparison: Int32
    }

    struct AttributeCapture {
        /// Nil = any name.
        var local: Name?
        /// -1 = any.
        var namespace: Int32
        var capture: Capture
    }

    static let hasOwnText: UInt8 = 1, hasScopes: UInt8 = 2, hasAttributes: UInt8 = 4, hasOthers: UInt8 = 8, hasWholeText: UInt8 = 16
    static let dead: Int32 = 0, document: Int32 = 1
    /// Not yet known.
    static let unknown: Int32 = -1
    static let stateLimit = 4_096, stepLimit = 1 << 22, namespaceLimit = 5

    let plan: XMLPlan
    private let dictionary: xmlDictPtr?
    /// Names that paths mention; their numbers are symbols, the next one stands for all others.
    private let names: [Name?]
    private let namespaces: [XMLNamespaceTest]
    let hasNamespaces: Bool
    /// Symbols a state: names, each in every combination of namespaces.
    let width: Int

    private(set) var table: UnsafeMutablePointer<Int32>
    private(set) var states: UnsafeMutablePointer<State>
    private var capacity = 64
    private var count = 0
    private(set) var captures = XMLList<Capture>()
    private(set) var attributes = XMLList<AttributeCapture>()
    private(set) var numbers = XMLList<Int32>()
    private(set) var comparisons: [XMLComparison] = []
    private var nodesOfState: [[Int]] = []
    /// Nodes whose steps of any depth start above each state's element.
    private var inherited: [[Int]] = []
    private var known: [[Int]: Int32] = [:]

    init(_ plan: XMLPlan, dictionary: xmlDictPtr?) {
        (self.plan, self.dictionary) = (plan, dictionary)
        var locals: [String] = [], namespaces: [XMLNamespaceTest] = []
        for node in plan.nodes {
            for name in [node.step?.name].compactMap({ $0 }) + node.attributes.map(\.name) {
                if let namespace = name.namespace, !namespaces.contains(namespace) { namespaces.append(namespace) }
            }
            if let local = node.step?.name.local, !locals.contains(local) { locals.append(local) }
        }
        names = locals.map { xmlDictLookup(dictionary, $0, Int32($0.utf8.count)) }
        self.namespaces = namespaces
        hasNamespaces = !namespaces.isEmpty
        width = (names.count + 1) << namespaces.count
        table = .allocate(capacity: capacity * width)
        states = .allocate(capacity: capacity)
        _ = state(of: [], inherited: [])
        _ = state(of: [0], inherited: [])
        table.update(repeating: Self.dead, count: width)
    }

    deinit {
        table.deallocate()
        states.deallocate()
        captures.deallocate()
        attributes.deallocate()
        numbers.deallocate()
    }

    /// More namespaces than a table is made for.
    static func isTooMany(_ plan: XMLPlan) -> Bool {
        var namespaces: Set<XMLNamespaceTest> = []
        for node in plan.nodes {
            for name in [node.step?.name].compactMap({ $0 }) + node.attributes.map(\.name) {
                if let namespace = name.namespace { namespaces.insert(namespace) }
            }
        }
        return namespaces.count > namespaceLimit
    }

    // MARK: Symbols

    /// Which of the namespaces that paths insist on an element's is, as bits.
    func namespaceBits(_ uri: Name?) -> Int32 {
        let text = uri.map { String(cString: $0) }
        var bits: Int32 = 0
        for (index, namespace) in namespaces.enumerated() where namespace.matches(text) { bits |= 1 << Int32(index) }
        return bits
    }

    func symbol(_ local: Name, _ namespaceBits: Int32) -> Int32 {
        let index = names.firstIndex { $0 == local } ?? names.count
        return Int32(index) << Int32(namespaces.count) | namespaceBits
    }

    private func matches(_ name: XMLNameTest, symbol: Int32) -> Bool {
        if let namespace = name.namespace, let bit = namespaces.firstIndex(of: namespace), symbol & (1 << Int32(bit)) == 0 { return false }
        guard let local = name.local else { return true }
        let index = Int(symbol >> Int32(namespaces.count))
        return index < names.count && names[index] == interned(local)
    }

    private func interned(_ text: String) -> Name? { xmlDictLookup(dictionary, text, Int32(text.utf8.count)) }

    // MARK: States

    /// The state of a child; from now on in the table too. Nil when there would be too many.
    func step(from state: Int32, symbol: Int32) -> Int32? {
        let here = nodesOfState[Int(state)], above = inherited[Int(state)]
        var nodes: [Int] = []
        func add(_ parent: Int, descendantsOnly: Bool) {
            for child in plan.nodes[parent].children {
                guard let step = plan.nodes[child].step, step.isDescendant || !descendantsOnly, matches(step.name, symbol: symbol) else {
                    continue
                }
                if !nodes.contains(child) { nodes.append(child) }
            }
        }
        for node in here { add(node, descendantsOnly: false) }
        for node in above { add(node, descendantsOnly: true) }
        let open = here.filter { node in plan.nodes[node].children.contains { plan.nodes[$0].step?.isDescendant == true } }
        let passed = Array(Set(above + open)).sorted()
        guard count < Self.stateLimit, count * width < Self.stepLimit else { return nil }
        let next = self.state(of: nodes.sorted(), inherited: passed)
        table[Int(state) * width + Int(symbol)] = next
        return next
    }

    private func state(of nodes: [Int], inherited above: [Int]) -> Int32 {
        let key = nodes + [-1] + above
        if let state = known[key] { return state }
        if count == capacity { grow() }
        let number = count
        count += 1
        known[key] = Int32(number)
        nodesOfState.append(nodes)
        inherited.append(above)
        (table + number * width).initialize(repeating: Self.unknown, count: width)
        (states + number).initialize(to: made(nodes))
        return Int32(number)
    }

    private func grow() {
        let largerTable = UnsafeMutablePointer<Int32>.allocate(capacity: capacity * 2 * width)
        largerTable.update(from: table, count: count * width)
        table.deallocate()
        table = largerTable
        let largerStates = UnsafeMutablePointer<State>.allocate(capacity: capacity * 2)
        largerStates.update(from: states, count: count)
        states.deallocate()
        states = largerStates
        capacity *= 2
    }

    private func made(_ nodes: [Int]) -> State {
        var state = State()
        for (path, level) in nodes.flatMap({ plan.nodes[$0].levels }) {
            state.missing = min(state.missing, Int16(clamping: plan.rows.paths[path].count - level))
        }
        state.scopes = numbers.append(nodes.compactMap { plan.nodes[$0].scope.map(Int32.init) }.filter { $0 != 0 })
        state.counters = numbers.append(nodes.flatMap { plan.nodes[$0].counters.map(Int32.init) })
        state.texts = captures.append(nodes.flatMap { plan.nodes[$0].texts.map(capture) })
        state.wholeTexts = captures.append(nodes.flatMap { plan.nodes[$0].wholeTexts.map(capture) })
        state.names = captures.append(nodes.flatMap { plan.nodes[$0].names.map(capture) })
        state.attributes = attributes.append(
            nodes.flatMap { node in
                plan.nodes[node].attributes.map { name, capture in
                    AttributeCapture(
                        local: name.local.flatMap { interned($0) },
                        namespace: name.namespace.flatMap { namespaces.firstIndex(of: $0) }.map(Int32.init) ?? -1,
                        capture: self.capture(capture))
                }
            })
        if !state.texts.isEmpty { state.flags |= Self.hasOwnText }
        if !state.wholeTexts.isEmpty { state.flags |= Self.hasWholeText }
        if !state.scopes.isEmpty { state.flags |= Self.hasScopes }
        if !state.attributes.isEmpty { state.flags |= Self.hasAttributes }
        if !state.names.isEmpty || !state.counters.isEmpty { state.flags |= Self.hasOthers }
        return state
    }

    private func capture(_ capture: XMLPlan.Capture) -> Capture {
        switch capture.target {
        case .slot(let slot):
            return Capture(scope: Int32(capture.scope), below: Int32(capture.below ?? -1), target: Int32(slot), comparison: -1)
        case .bit(let bit, let comparison):
            comparisons.append(comparison)
            return Capture(
                scope: Int32(capture.scope), below: Int32(capture.below ?? -1), target: Int32(-1 - bit),
                comparison: Int32(comparisons.count - 1))
        }
    }
}

/// A list of plain values behind one pointer, which loops may read without an array's checks.
struct XMLList<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private var capacity = 16
    private(set) var count = 0

    init() { base = .allocate(capacity: 16) }

    func deallocate() { base.deallocate() }

    /// - Returns: where they stand.
    mutating func append(_ elements: [Element]) -> Range<Int> {
        if count + elements.count > capacity {
            let larger = UnsafeMutablePointer<Element>.allocate(capacity: max(count + elements.count, capacity * 2))
            larger.update(from: base, count: count)
            base.deallocate()
            (base, capacity) = (larger, max(count + elements.count, capacity * 2))
        }
        for element in elements {
            (base + count).initialize(to: element)
            count += 1
        }
        return count - elements.count..<count
    }

    @inline(__always)
    subscript(index: Int) -> Element { base[index] }
}
