import CLibXML2

/// Until the first row: how near a document has come to one, for the message where none comes.
struct XMLRowsWatch {
    typealias Name = UnsafePointer<xmlChar>

    private let rows: XMLRowsPath
    /// Steps that were missing at least.
    private(set) var missing: Int16
    /// Elements where the next step was looked for.
    private var below: [Name] = []
    private static let nameLimit = 31
    /// An element of a step's name in a namespace that the step does not mean.
    private(set) var otherNamespace: (local: String, uri: String, expected: String, line: Int64)?

    init(_ rows: XMLRowsPath) {
        self.rows = rows
        missing = Int16(clamping: rows.paths.map(\.count).min() ?? 0)
    }

    var names: [String] { below.map { String(cString: $0) } }

    /// The step that no element was found for; nil where every step but perhaps the last was, or where rows may be anywhere.
    var missingStep: String? {
        guard missing > 1, rows.paths.allSatisfy(XMLRowsPath.isAnchored) else { return nil }
        let path = rows.paths.first { $0.count >= Int(missing) }
        return path.map { $0[$0.count - Int(missing)].name.local ?? "*" }
    }

    @inline(__always)
    mutating func enter(missingAtParent: Int16, missingAtChild: Int16, _ local: Name) {
        if missingAtChild < missing {
            missing = missingAtChild
            below = []
        } else if missingAtParent == missing, below.count < Self.nameLimit, !below.contains(local) {
            below.append(local)
        }
    }

    mutating func noteNamespace(_ local: Name, _ namespace: Name?, line: Int64) {
        guard otherNamespace == nil else { return }
        let name = String(cString: local), uri = namespace.map { String(cString: $0) }
        for step in rows.paths.joined() where step.name.local == name {
            guard let wanted = step.name.namespace, !wanted.matches(uri) else { continue }
            let expected =
                switch wanted {
                case .none: "none"
                case .patterns(let patterns): patterns.joined(separator: " or ")
                }
            otherNamespace = (name, uri ?? "none", expected, line)
            return
        }
    }
}
