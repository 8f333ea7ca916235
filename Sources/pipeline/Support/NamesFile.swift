import Pipelines
import Records

/// `file:column` of an option: names of people.
enum NamesFile {
    /// - Parameter text: nil = none.
    static func names(_ text: String?) throws(Failure) -> [String] {
        guard let text, let colon = text.lastIndex(of: ":") else { return [] }
        return try TextColumns(path: String(text[..<colon]), columns: [String(text[text.index(after: colon)...])]).columns[0]
    }
}
