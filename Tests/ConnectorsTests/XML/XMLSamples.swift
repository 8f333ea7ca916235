import Connectors
import Foundation
import Records

/// Documents for tests, and how to read them.
enum XMLSamples {
    static func column(_ name: String, _ source: String, _ type: ColumnType = .string, optional: Bool = true) -> FeedColumn {
        FeedColumn(field: Field(name, type, optional: optional), source: source)
    }

    /// Columns named a, b, c …, all texts.
    static func texts(_ sources: [String]) -> [FeedColumn] {
        sources.enumerated().map { column(String(UnicodeScalar(UInt8(97 + $0.offset))), $0.element) }
    }

    static func reader(
        _ path: String, rows: String, _ columns: [FeedColumn], options: [String: ParameterValue] = [:],
        from position: FeedPosition = .start, blockRows: Int = 1_000, bufferBytes: Int = 1 << 16
    ) throws -> any FeedReader {
        try XMLFormat.reader(
            of: FeedFile(path: path, name: "sample.xml"), columns: columns, options: options.merging(["rows": .text(rows)]) { $1 },
            from: position, blockRows: blockRows, bufferBytes: bufferBytes)
    }

    static func blocks(
        _ document: some Sequence<UInt8>, rows: String, _ columns: [FeedColumn], options: [String: ParameterValue] = [:],
        from position: FeedPosition = .start, blockRows: Int = 1_000, bufferBytes: Int = 1 << 16
    ) throws -> [FeedBlock] {
        let path = FileManager.default.temporaryDirectory.appending(path: "xml-\(UUID().uuidString).xml").path
        try Data(document).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = try reader(path, rows: rows, columns, options: options, from: position, blockRows: blockRows, bufferBytes: bufferBytes)
        return try all(reader)
    }

    static func all(_ reader: any FeedReader) throws -> [FeedBlock] {
        var blocks: [FeedBlock] = []
        while let block = try reader.next() { blocks.append(block) }
        return blocks
    }

    /// Rows as texts, column by column separated by `|`; `-` where missing.
    static func lines(_ blocks: [FeedBlock]) -> [String] {
        blocks.flatMap { block in
            (0..<block.batch.count).map { row in block.batch.columns.map { $0.text(row) ?? "-" }.joined(separator: "|") }
        }
    }

    static func read(_ document: String, rows: String, _ sources: [String], options: [String: String] = [:]) throws -> [String] {
        lines(try blocks(document.utf8, rows: rows, texts(sources), options: options.mapValues { .text($0) }))
    }

    static func rejects(_ blocks: [FeedBlock]) -> [Reject] { blocks.flatMap(\.rejects) }
}
