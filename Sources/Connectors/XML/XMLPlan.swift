/// The rows' paths and all column paths, compiled: a tree of names to follow, and what is done where a path ends.
///
/// - A **node** is a path's prefix; all paths share their prefixes.
/// - A **scope** is what values belong to while they are not yet a row's: the row, an element above it, the document, an element with
///   conditions (what is found in it counts once they hold at its end), or an exploded element. A scope has slots for values and bits for
///   conditions. While a document is read, each open element of a scope has a frame.
struct XMLPlan {
    struct Node {
        let step: XMLStep?
        var children: [Int] = []
        /// The scope whose frame such an element opens.
        var scope: Int?
        /// Text of the element itself, or with its children's.
        var texts: [Capture] = []
        var wholeTexts: [Capture] = []
        var attributes: [(name: XMLNameTest, capture: Capture)] = []
        var names: [Capture] = []
        /// Positions counted among this element's children.
        var counters: [Int] = []
        /// Steps of a rows' path that lead here: path, and how many.
        var levels: [(path: Int, level: Int)] = []
    }

    struct Capture {
        enum Target {
            case slot(Int)
            case bit(Int, XMLComparison)
        }

        var scope: Int
        /// Levels from the scope's element down to where the value is; nil = any number.
        var below: Int?
        var target: Target
    }

    struct Slot {
        var selection: XMLSource.Selection
        var isSpaceNormalized: Bool
    }

    struct Scope {
        enum Role: Hashable {
            case document, row, exploded, conditional
            /// So many levels above the row.
            case above(Int)
            case named(XMLNameTest)
            /// A step of a rows' path, any number of levels above the row.
            case step(path: Int, level: Int)
        }

        let role: Role
        /// Where values go when the conditions hold: of conditional and exploded scopes.
        var parent: (scope: Int, below: Int?)?
        var conditions: [[Int]] = []
        /// The position among siblings: the counter, the comparison, and how many conditions stand before it.
        var position: (counter: Int, order: XMLOrder, number: Int, after: Int)?
        /// Of several, the values of the last replace those before.
        var isLast = false
        var slots: [Slot] = []
        /// Slots and bits of the parent that this scope's are copied to.
        var parentSlots: [Int] = []
        var parentBits: [(bit: Int, parentBit: Int)] = []
        var bits = 0
    }

    enum Alternative {
        case slot(scope: Int, slot: Int, selection: XMLSource.Selection)
        case literal(String)
    }

    static let and = -1, or = -2, not = -3

    private(set) var nodes: [Node] = [Node(step: nil)]
    private(set) var scopes: [Scope] = [Scope(role: .document)]
    /// One list a column.
    private(set) var columns: [[Alternative]] = []
    private(set) var counters = 0
    let rowScope: Int
    private(set) var explodedScope: Int?
    /// Scopes above the row whose conditions decide about it.
    private(set) var rowConditions: [Int] = []
    let rows: XMLRowsPath

    // MARK: Building

    private var rowNodes: [[Int]] = []
    private var anyNode: Int?
    private var explodedNodes: [Int] = []
    private var askedScopes: Set<Int> = []

    /// - Throws: what these paths ask and a reader of a stream cannot do.
    init(rows: XMLRowsPath, explode: [XMLStep]?, columns sources: [XMLSource]) throws(XMLPlanProblem) {
        self.rows = rows
        scopes.append(Scope(role: .row))
        rowScope = 1
        nodes[0].scope = 0
        if rows.paths.count > 1, rows.paths.joined().contains(where: { !$0.conditions.isEmpty }) {
            throw .rows("of several paths none has conditions")
        }
        for (index, path) in rows.paths.enumerated() {
            nodes[0].levels.append((index, 0))
            try addRows(path, index)
        }
        if let explode { try addExploded(explode) }
        for (column, source) in sources.enumerated() {
            var alternatives: [Alternative] = []
            for alternative in source.alternatives {
                switch alternative {
                case .literal(let text): alternatives.append(.literal(text))
                case .path(let origin, let path, let selection, let isSpaceNormalized):
                    let slot = Slot(selection: selection, isSpaceNormalized: isSpaceNormalized)
                    do throws(XMLPathProblem) {
                        alternatives.append(try add(origin, path, slot, explode: explode))
                    } catch {
                        throw .column(column, error.phrase)
                    }
                }
            }
            columns.append(alternatives)
        }
        if scopes.contains(where: { $0.bits > 64 }) { throw .rows("they have more than 64 conditions at one element") }
    }

    private mutating func addRows(_ path: [XMLStep], _ index: Int) throws(XMLPlanProblem) {
        var node = 0
        var trail: [Int] = [0]
        for (level, step) in path.enumerated() {
            let isRow = level == path.count - 1
            node = child(of: node, step, isShared: step.conditions.isEmpty)
            nodes[node].levels.append((index, level + 1))
            trail.append(node)
            if step.conditions.contains(.last) { throw .rows("a stream does not tell which element is the last") }
            var scope: Int?
            if isRow { scope = rowScope }
            if !step.conditions.isEmpty, !isRow {
                scope = scopes.count
                scopes.append(Scope(role: .step(path: index, level: level + 1)))
                rowConditions.append(scopes.count - 1)
            }
            guard let scope else { continue }
            if nodes[node].scope == nil { nodes[node].scope = scope }
            if !step.conditions.isEmpty {
                do throws(XMLPathProblem) { try setConditions(step, scope: scope, at: node) } catch { throw .rows(error.phrase) }
                if !isRow, let position = scopes[scope].position, position.after > 0 {
                    throw .rows("above the row, a position stands before other conditions")
                }
            }
        }
        rowNodes.append(trail)
    }

    private mutating func addExploded(_ steps: [XMLStep]) throws(XMLPlanProblem) {
        let scope = scopes.count
        scopes.append(Scope(role: .exploded))
        explodedScope = scope
        scopes[scope].parent = (rowScope, steps.contains { $0.isDescendant } ? nil : steps.count)
        do throws(XMLPathProblem) {
            guard !steps.contains(where: { !$0.conditions.isEmpty }) else { throw XMLPathProblem(phrase: "'explode' has no conditions") }
            for trail in rowNodes {
                var node = trail[trail.count - 1]
                for step in steps { node = child(of: node, step, isShared: true) }
                nodes[node].scope = scope
                explodedNodes.append(node)
            }
        } catch {
            throw .rows(error.phrase)
        }
    }

    /// The node for one step more; conditions need one of their own unless a path with the very same ones is there.
    private mutating func child(of parent: Int, _ step: XMLStep, isShared: Bool) -> Int {
        if isShared, let found = nodes[parent].children.first(where: { nodes[$0].step == step }) { return found }
        nodes.append(Node(step: step))
        nodes[parent].children.append(nodes.count - 1)
        return nodes.count - 1
    }

    /// The column that a scope's slot is for, be it through scopes around it.
    func column(scope: Int, slot: Int) -> Int? {
        if scopes[scope].role == .conditional, let parent = scopes[scope].parent {
            return column(scope: parent.scope, slot: scopes[scope].parentSlots[slot])
        }
        return columns.firstIndex { alternatives in
            alternatives.contains { alternative in
                guard case .slot(let found, let number, _) = alternative else { return false }
                return found == scope && number == slot
            }
        }
    }

    /// Has rows say which element so many levels above them they stand in.
    /// - Returns: the scope whose ordinals say it.
    mutating func ask(above up: Int) throws(XMLPathProblem) -> Int {
        let scope = try scope(above: up).scope
        askedScopes.insert(scope)
        return scope
    }

    /// A scope that rows are to say the number of, though no column takes a value from it.
    func isAsked(_ scope: Int) -> Bool { askedScopes.contains(scope) }

    // MARK: Columns

    private mutating func add(
        _ origin: XMLSource.Origin, _ path: XMLValuePath, _ slot: Slot, explode: [XMLStep]?
    ) throws(XMLPathProblem) -> Alternative {
        switch origin {
        case .row(up: 0):
            if let explode, let explodedScope, path.steps.count >= explode.count, Array(path.steps[..<explode.count]) == explode {
                let rest = XMLValuePath(steps: Array(path.steps[explode.count...]), value: path.value)
                return try add(rest, slot, scope: explodedScope, nodes: explodedNodes)
            }
            return try add(path, slot, scope: rowScope, nodes: rowNodes.map { $0[$0.count - 1] })
        case .row(let up): return try add(path, slot, above: up)
        case .document: return try add(path, slot, scope: 0, nodes: [0])
        case .ancestor(let name):
            let node = child(of: 0, XMLStep(isDescendant: true, name: name), isShared: true)
            let scope = scopes.firstIndex { $0.role == .named(name) } ?? append(Scope(role: .named(name)))
            return try add(path, slot, scope: scope, nodes: [try base(node, scope)])
        }
    }

    /// Where the rows' path names the element, its own node; otherwise every element may be one that a row stands in.
    private mutating func add(_ path: XMLValuePath, _ slot: Slot, above up: Int) throws(XMLPathProblem) -> Alternative {
        let (scope, bases) = try scope(above: up)
        return try add(path, slot, scope: scope, nodes: bases)
    }

    private mutating func scope(above up: Int) throws(XMLPathProblem) -> (scope: Int, nodes: [Int]) {
        let scope = scopes.firstIndex { $0.role == .above(up) } ?? append(Scope(role: .above(up)))
        var bases: [Int] = []
        for (index, steps) in rows.paths.enumerated() {
            let level = steps.count - up
            if level < 0, XMLRowsPath.isAnchored(steps) {
                throw XMLPathProblem(phrase: "it leads above the document: 'rows' names \(steps.count) elements")
            }
            let isExact = level >= 1 && !steps[level...].contains { $0.isDescendant } || XMLRowsPath.isAnchored(steps)
            let node = isExact ? rowNodes[index][level] : any()
            let base = try base(node, scope)
            if !bases.contains(base) { bases.append(base) }
        }
        return (scope, bases)
    }

    private mutating func append(_ scope: Scope) -> Int {
        scopes.append(scope)
        return scopes.count - 1
    }

    private mutating func any() -> Int {
        if let anyNode { return anyNode }
        let node = child(of: 0, XMLStep(isDescendant: true, name: XMLNameTest()), isShared: true)
        anyNode = node
        return node
    }

    /// A node that opens frames of the scope: the given one, or a twin of it where it opens others already.
    private mutating func base(_ node: Int, _ scope: Int) throws(XMLPathProblem) -> Int {
        if nodes[node].scope == nil || nodes[node].scope == scope {
            nodes[node].scope = scope
            return node
        }
        guard let step = nodes[node].step, let parent = nodes.indices.first(where: { nodes[$0].children.contains(node) }) else {
            throw XMLPathProblem(phrase: "what stands above the document's element is written from '/'")
        }
        if let twin = nodes[parent].children.first(where: { nodes[$0].scope == scope && nodes[$0].step == step }) { return twin }
        let twin = child(of: parent, step, isShared: false)
        nodes[twin].scope = scope
        return twin
    }

    private mutating func add(_ path: XMLValuePath, _ slot: Slot, scope: Int, nodes bases: [Int]) throws(XMLPathProblem) -> Alternative {
        scopes[scope].slots.append(slot)
        let target = scopes[scope].slots.count - 1
        for base in bases { try follow(path, from: base, scope: scope, target: .slot(target)) }
        return .slot(scope: scope, slot: target, selection: slot.selection)
    }

    /// Adds the nodes of a path. Steps with conditions open scopes, each of which hands its values on to the one before.
    private mutating func follow(
        _ path: XMLValuePath, from base: Int, scope baseScope: Int, target baseTarget: Capture.Target
    ) throws(XMLPathProblem) {
        var node = base, scope = baseScope, target = baseTarget
        var below: Int? = 0
        for (index, step) in path.steps.enumerated() {
            // With `[last()]`, what the elements of one parent replace must not be mixed with other parents'.
            let isLastNext = index + 1 < path.steps.count && path.steps[index + 1].conditions.contains(.last)
            let parent = node
            below = step.isDescendant ? nil : below.map { $0 + 1 }
            guard !step.conditions.isEmpty || isLastNext else {
                node = child(of: node, step, isShared: true)
                continue
            }
            let inner: Int
            if let known = conditional(below: node, step, parent: scope), let scope = nodes[known].scope {
                (node, inner) = (known, scope)
            } else {
                node = child(of: node, step, isShared: false)
                inner = append(Scope(role: .conditional))
                scopes[inner].parent = (scope, below)
                nodes[node].scope = inner
                try setConditions(step, scope: inner, at: node, parent: parent)
            }
            target = hand(target, from: inner, to: scope)
            (scope, below) = (inner, 0)
        }
        let capture = Capture(scope: scope, below: below, target: target)
        switch path.value {
        case .ownText: nodes[node].texts.append(capture)
        case .wholeText: nodes[node].wholeTexts.append(capture)
        case .name: nodes[node].names.append(capture)
        case .attribute(let name): nodes[node].attributes.append((name, capture))
        }
    }

    /// The node of the very same step whose scope hands its values to `parent`.
    private func conditional(below node: Int, _ step: XMLStep, parent: Int) -> Int? {
        nodes[node].children.first { child in
            guard nodes[child].step == step, let scope = nodes[child].scope else { return false }
            return scopes[scope].role == .conditional && scopes[scope].parent?.scope == parent
        }
    }

    /// A slot or bit of the inner scope that becomes the outer's.
    private mutating func hand(_ target: Capture.Target, from inner: Int, to outer: Int) -> Capture.Target {
        switch target {
        case .slot(let slot):
            scopes[inner].slots.append(scopes[outer].slots[slot])
            scopes[inner].parentSlots.append(slot)
            return .slot(scopes[inner].slots.count - 1)
        case .bit(let bit, let comparison):
            scopes[inner].parentBits.append((scopes[inner].bits, bit))
            scopes[inner].bits += 1
            return .bit(scopes[inner].bits - 1, comparison)
        }
    }

    // MARK: Conditions

    private mutating func setConditions(_ step: XMLStep, scope: Int, at node: Int, parent: Int? = nil) throws(XMLPathProblem) {
        for condition in step.conditions {
            switch condition {
            case .last: scopes[scope].isLast = true
            case .position(let order, let number):
                let above = parent ?? nodes.indices.first { nodes[$0].children.contains(node) } ?? 0
                nodes[above].counters.append(counters)
                scopes[scope].position = (counters, order, number, scopes[scope].conditions.count)
                counters += 1
            default:
                var program: [Int] = []
                try compile(condition, into: &program, scope: scope, at: node)
                scopes[scope].conditions.append(program)
            }
        }
    }

    private mutating func compile(_ condition: XMLCondition, into program: inout [Int], scope: Int, at node: Int) throws(XMLPathProblem) {
        switch condition {
        case .and(let left, let right), .or(let left, let right):
            try compile(left, into: &program, scope: scope, at: node)
            try compile(right, into: &program, scope: scope, at: node)
            if case .and = condition { program.append(Self.and) } else { program.append(Self.or) }
        case .not(let inner):
            try compile(inner, into: &program, scope: scope, at: node)
            program.append(Self.not)
        case .test(let path, let comparison):
            let bit = scopes[scope].bits
            scopes[scope].bits += 1
            program.append(bit)
            try follow(path, from: node, scope: scope, target: .bit(bit, comparison))
        case .position, .last: throw XMLPathProblem(phrase: "a position stands alone in its brackets")
        }
    }
}

/// What is wrong with paths that are sound by themselves.
enum XMLPlanProblem: Error {
    case rows(String)
    case column(Int, String)
}
