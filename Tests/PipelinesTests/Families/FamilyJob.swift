import Connectors
import Foundation
import Pipelines
import Records

/// A job file of `jobs/families/`, loaded as any job is: no Swift is written for a family.
struct FamilyJob {
    static let root = ShippedJobTests.root
    static let shared = ShippedJobTests.sharedData
    static let hasShared = FileManager.default.fileExists(atPath: shared + "/retail-xml/MANIFEST.csv")

    let job: Job

    init(_ name: String) throws { job = try Job.load(path: "\(Self.root)/jobs/families/\(name).yaml") }

    func feed(_ name: String) -> JobFeed? { job.feeds.first { $0.name == name } }

    /// All rows of one file, typed as the job says and shown as text, decimals without zeros at their end; and its rejects as texts.
    func read(_ name: String, _ path: String) throws -> (rows: [[String: String]], rejects: [String]) {
        guard let feed = feed(name) else { return ([], ["no feed '\(name)'"]) }
        let reader = try XMLFormat.reader(
            of: FeedFile(path: path, name: "document.xml"), columns: feed.columns, options: feed.options, from: .start, blockRows: 100,
            bufferBytes: 1 << 16)
        var rows: [[String: String]] = [], rejects: [String] = []
        while let block = try reader.next() {
            for row in 0..<block.batch.count {
                var values: [String: String] = [:]
                for (index, column) in feed.columns.enumerated() {
                    let text = block.batch.columns[index].text(row)
                    values[column.field.name] = column.field.type.name == "decimal" ? text.map(Self.short) : text
                }
                rows.append(values)
            }
            rejects += block.rejects.map { "\($0.line) \($0.column ?? "") \($0.code) \($0.found), expected \($0.expected)" }
        }
        return (rows, rejects)
    }

    /// `10.5` for `10.50000`, `10` for `10.00000`.
    static func short(_ decimal: String) -> String {
        guard decimal.contains(".") else { return decimal }
        let digits = decimal.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }

    /// What the documents state of themselves, beside what stands in them.
    func figures(_ name: String, _ path: String) throws -> [ControlFigure] {
        guard let feed = feed(name), let control = feed.arrival.control else { return [] }
        return try control.figures(of: FeedFile(path: path, name: "document.xml"), feed: feed)
    }
}
