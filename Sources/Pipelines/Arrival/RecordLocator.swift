import Connectors
import Records

/// Finds where records stand in their file and what bytes they are, for rejects that are made behind the reader: late rows and duplicates.
///
/// Batches carry no places, as that would cost every row of every file for the sake of a few. A reader whose only column nothing can fill
/// rejects every record, and a reject names line, offset and bytes, in every format. Consecutive blocks are read on with: a file is read
/// twice at most.
final class RecordLocator {
    /// Where a record stands, and its bytes.
    struct Record {
        var line: Int64
        var offset: Int64
        var raw: [UInt8]
    }

    private let files: [StreamedFile]
    private var file = -1
    private var reader: (any FeedReader)?
    /// The records of the block read last, in order.
    private var block: [Reject] = []

    init(_ files: [StreamedFile]) { self.files = files }

    /// - Parameters:
    ///   - row: its number in the file, from 1.
    ///   - start: where the block that holds it began.
    /// - Returns: nil where the file has no such record any more.
    func record(_ row: Int64, inFile file: Int, from start: FeedPosition) throws(Failure) -> Record? {
        let begun = files[file].feed.pivot == nil ? start.row + 1 : 1
        if file != self.file || reader == nil || (block.first?.row ?? begun) > row {
            (self.file, block) = (file, [])
            let feed = files[file].feed
            reader = try FeedFormats.named(feed.format).reader(
                of: files[file].file, columns: [Self.column(of: feed)], options: feed.options,
                from: feed.pivot == nil ? start : .start, blockRows: 512,
                bufferBytes: 1 << 16)
        }
        while (block.last?.row ?? 0) < row {
            guard let next = try reader?.next() else { return nil }
            block = next.rejects
        }
        guard let found = block.first(where: { $0.row == row }) else { return nil }
        return Record(line: found.line, offset: found.offset, raw: found.raw)
    }

    /// No text begins with this control character.
    private static func column(of feed: JobFeed) -> FeedColumn {
        let columns = feed.readColumns
        let source = columns.first { $0.field.name == feed.eventTime }?.source ?? columns[0].source
        return FeedColumn(field: Field("place", .timestamp), source: source, format: "'\u{1}'yyyy-MM-dd")
    }
}
