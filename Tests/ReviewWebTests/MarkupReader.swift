/// Reads the markup of our own pages strictly, as a browser would see it: what elements and attributes there are.
struct MarkupReader {
    struct Fault: Error, CustomStringConvertible { var description: String }

    /// Lower-case names of elements, as often as they come.
    private(set) var elements: [String: Int] = [:]
    /// Names of attributes.
    private(set) var attributes: Set<String> = []
    /// What `src`, `href` and `action` lead to.
    private(set) var addresses: [String] = []

    /// - Throws: a bracket or quote that stands open, an end tag that closes nothing.
    init(_ page: String) throws {
        let void: Set = ["input", "meta", "link", "br"]
        var open: [String] = []
        // Browsers read scalar by scalar, and Swift character by character: a mark must not hide the bracket or quote that it follows.
        let marks = String(
            String.UnicodeScalarView(page.unicodeScalars.map { $0.properties.canonicalCombiningClass == .notReordered ? $0 : "~" }))
        var rest = marks[...]
        rest = rest.dropFirst("<!doctype html>\n".count)
        while let start = rest.firstIndex(of: "<") {
            if rest[..<start].contains(">") { throw Fault(description: "a bracket in text: \(rest[..<start].suffix(60))") }
            rest = rest[rest.index(after: start)...]
            if rest.first == "/" {
                let name = String(rest.dropFirst().prefix { $0 != ">" })
                guard open.popLast() == name else { throw Fault(description: "</\(name)> closes nothing") }
                rest = rest[rest.firstIndex(of: ">")!...].dropFirst()
                continue
            }
            let name = String(rest.prefix { $0.isLetter || $0.isNumber })
            rest = rest.dropFirst(name.count)
            elements[name, default: 0] += 1
            try readAttributes(of: name, &rest)
            if !void.contains(name) { open.append(name) }
        }
        guard open.isEmpty else { throw Fault(description: "left open: \(open)") }
    }

    private mutating func readAttributes(of element: String, _ rest: inout Substring) throws {
        while true {
            rest = rest.drop { $0 == " " }
            if rest.first == ">" {
                rest = rest.dropFirst()
                return
            }
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            guard !name.isEmpty, rest.dropFirst(name.count).hasPrefix("=\"") else {
                throw Fault(description: "in <\(element)>: \(rest.prefix(40))")
            }
            rest = rest.dropFirst(name.count + 2)
            guard let end = rest.firstIndex(of: "\"") else { throw Fault(description: "an open quote in <\(element)>") }
            attributes.insert(name)
            if ["src", "href", "action"].contains(name) { addresses.append(String(rest[..<end])) }
            rest = rest[rest.index(after: end)...]
        }
    }
}
