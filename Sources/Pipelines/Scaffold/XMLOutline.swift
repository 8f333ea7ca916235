import Connectors
import Foundation
import Records

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The elements of the head of an XML document: which there are, how often, and what stands in them. For guessing.
final class XMLOutline: NSObject, XMLParserDelegate {
    /// All elements with one path from the root.
    final class Node {
        let name: String
        let parent: Node?
        var children: [Node] = []
        /// Of the attributes, in the order met, with their values.
        var attributes: [(name: String, values: [String])] = []
        /// Elements with this path.
        var count = 0
        /// The most that stand beside each other in one parent.
        var siblings = 0
        fileprivate var open = 0
        /// Texts of elements that have one.
        var texts: [String] = []
        /// Whether one of them holds other elements.
        var isParent = false
        /// In the order met: elements before it are known to its rows.
        let order: Int

        init(_ name: String, parent: Node?, order: Int) { (self.name, self.parent, self.order) = (name, parent, order) }

        var path: [String] { (parent?.path ?? []) + [name] }
    }

    private static let mostBytes = 4 << 20
    private static let mostTexts = 2_000

    private(set) var nodes: [Node] = []
    private var stack: [Node] = []
    private var text = ""

    /// Whether a file, unpacked, begins as an XML document does.
    static func isXML(_ path: String) throws(Failure) -> Bool {
        let source = try ByteSource(FeedFile(path: path, name: path), bufferBytes: 1 << 12)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 12, alignment: 1)
        defer { piece.deallocate() }
        let head = String(decoding: piece[..<(try source.read(into: piece))], as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        return head.hasPrefix("<?xml") || (head.hasPrefix("<") && head.dropFirst().first?.isLetter == true)
    }

    /// - Throws: a file that is missing, empty, or holds no element.
    init(path: String) throws(Failure) {
        let source = try ByteSource(FeedFile(path: path, name: path), bufferBytes: 1 << 16)
        var bytes: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { piece.deallocate() }
        while bytes.count < Self.mostBytes {
            let count = try source.read(into: piece)
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        super.init()
        // As the reader: a document type declaration is refused, so that no entity is declared or expanded.
        let head = String(decoding: bytes.prefix(1 << 16), as: UTF8.self)
        guard !head.contains("<!DOCTYPE") else { throw .scaffoldNoRows(path, found: "a document type declaration (DOCTYPE)") }
        let parser = XMLParser(data: Data(bytes))
        parser.shouldProcessNamespaces = true
        parser.delegate = self
        // The head of a larger document breaks off: what came before is enough.
        _ = parser.parse()
        guard !nodes.isEmpty else { throw .scaffoldNoRows(path, found: "no XML element") }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        let parent = stack.last
        parent?.isParent = true
        let siblings = parent?.children ?? nodes.filter { $0.parent == nil }
        let node: Node
        if let known = siblings.first(where: { $0.name == name }) {
            node = known
        } else {
            node = Node(name, parent: parent, order: nodes.count)
            nodes.append(node)
            parent?.children.append(node)
        }
        node.count += 1
        node.open += 1
        node.siblings = max(node.siblings, node.open)
        for child in node.children { child.open = 0 }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) where !name.hasPrefix("xmlns") && !name.contains(":") {
            if let index = node.attributes.firstIndex(where: { $0.name == name }) {
                if node.attributes[index].values.count < Self.mostTexts { node.attributes[index].values.append(value) }
            } else {
                node.attributes.append((name, [value]))
            }
        }
        stack.append(node)
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard let node = stack.popLast() else { return }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if !trimmed.isEmpty, node.texts.count < Self.mostTexts { node.texts.append(trimmed) }
        text = ""
    }
}
