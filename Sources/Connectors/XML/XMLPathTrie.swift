/// The rows' path and all column paths as one tree from the top of the document, so that reading an element is one step in it.
///
/// Level n is the n-th element of the rows' path; a column that starts with k times `..` belongs to level (steps - k): its value is
/// forgotten when an element of that level starts.
struct XMLPathTrie {
    struct Edge {
        var step: XMLStep
        var node: Int
    }

    struct Node {
        /// Those that insist on a namespace first.
        var edges: [Edge] = []
        /// Columns whose value is this element's own text.
        var texts: [Int] = []
        var attributes: [(name: XMLStep, column: Int)] = []
        /// From 1; nil where the element is not on the rows' path.
        var level: Int?
    }

    /// The first stands above the document's root.
    private(set) var nodes: [Node] = [Node()]
    let levels: Int
    /// Columns of each level, from 0 (none).
    let columnsOfLevel: [[Int]]

    private enum Purpose {
        case level(Int)
        case text(Int)
        case attribute(XMLStep, column: Int)
    }
    private typealias Path = (steps: ArraySlice<XMLStep>, purpose: Purpose)

    init(rows: XMLRowsPath, columns: [XMLColumnPath]) {
        let rowSteps = rows.steps
        levels = rowSteps.count
        var paths: [Path] = (1...levels).map { (rowSteps[..<$0], .level($0)) }
        var columnsOfLevel = [[Int]](repeating: [], count: levels + 1)
        for (column, path) in columns.enumerated() {
            let level = levels - path.up
            columnsOfLevel[level].append(column)
            let steps = (rowSteps[..<level] + path.steps)[...]
            paths.append((steps, path.attribute.map { .attribute($0, column: column) } ?? .text(column)))
        }
        self.columnsOfLevel = columnsOfLevel
        nodes[0].level = 0
        add(paths, below: 0)
    }

    /// Adds what remains of the paths. An element may match a name in any namespace and the same name in its own: the edge for the
    /// namespace then leads on with the paths of both, so that one node is always enough.
    private mutating func add(_ paths: [Path], below node: Int) {
        var labels: [XMLStep] = []
        for path in paths {
            if let step = path.steps.first {
                if !labels.contains(step) { labels.append(step) }
                continue
            }
            switch path.purpose {
            case .level(let level): nodes[node].level = level
            case .text(let column): nodes[node].texts.append(column)
            case .attribute(let name, let column): nodes[node].attributes.append((name, column))
            }
        }
        for label in labels.filter({ $0.namespace != nil }) + labels.filter({ $0.namespace == nil }) {
            let matching = paths.filter { path in
                guard let step = path.steps.first else { return false }
                return step.local == label.local && (step.namespace == nil || step.namespace == label.namespace)
            }
            nodes.append(Node())
            nodes[node].edges.append(Edge(step: label, node: nodes.count - 1))
            add(matching.map { ($0.steps.dropFirst(), $0.purpose) }, below: nodes.count - 1)
        }
    }
}
