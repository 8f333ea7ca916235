import Connectors
import Foundation
import Records

/// The feeds of a job file of `jobs/families/`, as far as the reader of documents needs them: no Swift is written for a family.
///
/// Reads the plain layout those files have (one column a line), so that this target need not know jobs; that they are jobs is checked
/// where jobs are.
struct FamilyJob {
    struct Feed {
        var files = ""
        var options: [String: ParameterValue] = [:]
        var columns: [FeedColumn] = []
    }

    static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized.path
    static let shared = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] ?? root + "/../shared/data"
    static let hasShared = FileManager.default.fileExists(atPath: shared + "/retail-xml/MANIFEST.csv")

    private(set) var feeds: [String: Feed] = [:]

    init(_ name: String) throws {
        let text = try String(contentsOfFile: "\(Self.root)/jobs/families/\(name).yaml", encoding: .utf8)
        var feed = ""
        for line in text.split(separator: "\n") {
            guard let match = line.firstMatch(of: #/^( +)([a-z0-9_-]+): *(.*)$/#) else { continue }
            let (indent, key, value) = (match.1.count, String(match.2), String(match.3))
            if indent == 2 {
                feed = key
                feeds[feed] = Feed()
            } else if indent == 4 {
                if key == "files" { feeds[feed]?.files = value }
                if ["rows", "explode", "namespaces"].contains(key) { feeds[feed]?.options[key] = .text(Self.unquoted(value)) }
            } else if indent == 6 {
                feeds[feed]?.columns.append(Self.column(key, value))
            }
        }
    }

    private static func unquoted(_ text: String) -> String {
        text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    private static func column(_ name: String, _ text: String) -> FeedColumn {
        let parts = text.firstMatch(of: #/^\{ from: (.*), type: ([a-z0-9]+)(.*)\}$/#)
        let rest = String(parts?.3 ?? "")
        let type: ColumnType =
            switch parts.map({ String($0.2) }) {
            case "int64": .int64
            case "bool": .bool
            case "timestamp": .timestamp
            default: .string
            }
        let nulls = rest.firstMatch(of: #/nulls: ([A-Z]+)/#).map { [String($0.1)] } ?? []
        return FeedColumn(
            field: Field(name, type, optional: rest.contains("optional: true"), personal: rest.contains("personal: true")),
            source: unquoted(String(parts?.1 ?? "")), nulls: nulls)
    }

    /// All rows of one file, and its rejects as texts.
    func read(_ feed: String, _ path: String) throws -> (rows: [[String: String]], rejects: [String]) {
        guard let feed = feeds[feed] else { return ([], ["no feed '\(feed)'"]) }
        let reader = try XMLFormat.reader(
            of: FeedFile(path: path, name: "document.xml"), columns: feed.columns, options: feed.options, from: .start, blockRows: 100,
            bufferBytes: 1 << 16)
        var rows: [[String: String]] = [], rejects: [String] = []
        while let block = try reader.next() {
            for row in 0..<block.batch.count {
                var values: [String: String] = [:]
                for (index, column) in feed.columns.enumerated() { values[column.field.name] = block.batch.columns[index].text(row) }
                rows.append(values)
            }
            rejects += block.rejects.map { "\($0.line) \($0.column ?? "") \($0.code) \($0.found), expected \($0.expected)" }
        }
        return (rows, rejects)
    }
}
