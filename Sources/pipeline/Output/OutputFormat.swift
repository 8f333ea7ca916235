import Pipelines
import Records

/// How data are written to standard output.
package enum OutputFormat: String, CaseIterable, Sendable {
    /// Aligned, for people.
    case table
    /// Typed, keys in the order declared; an object a line in listings.
    case json
    /// Quoted as in RFC 4180, lines end with a line feed, a header first.
    case csv

    /// One line, quoted where needed.
    static func csv(_ values: some Sequence<String>) -> String {
        values.map(quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        let special: Set<UInt8> = [0x22, 0x2C, 0x0A, 0x0D]
        guard text.utf8.contains(where: special.contains) || text.first == " " || text.last == " " else { return text }
        return "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    /// Indented by two spaces; what fits a short line stays on it.
    static func json(_ value: JSONValue, indent: Int = 0) -> String {
        let flat = value.json
        if flat.utf8.count <= 100 - indent { return flat }
        let inner = String(repeating: " ", count: indent + 2), outer = String(repeating: " ", count: indent)
        switch value {
        case .array(let values):
            return "[\n" + values.map { inner + json($0, indent: indent + 2) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members):
            let lines = members.map { "\(inner)\(JSONValue.text($0.name).json): \(json($0.value, indent: indent + 2))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return flat
        }
    }
}
