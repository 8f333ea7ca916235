import Connectors
import Records

/// A block and the file it came from.
struct ReadBlock: Sendable {
    /// Index into the run's files.
    var file: Int
    var block: FeedBlock
    /// Where the block began.
    var start: FeedPosition
}

/// One file of a run and the feed it belongs to.
struct StreamedFile: Sendable {
    var feed: JobFeed
    var file: FeedFile
    /// Texts that make a row a reject, a column each.
    var discards: [String: [String]] = [:]
    /// Records to be read instead of the whole file.
    var selection: FileSelection?
}

/// Reads files one after the other, each as its feed says, from a position on.
final class BlockReader: Source {
    private let files: [StreamedFile]
    private let blockRows: Int
    private var file: Int
    private var position: FeedPosition
    private var reader: (any FeedReader)?
    private let locator: RecordLocator

    init(_ files: [StreamedFile], from file: Int = 0, at position: FeedPosition = .start, blockRows: Int) {
        (self.files, self.blockRows) = (files, blockRows)
        locator = RecordLocator(files)
        (self.file, self.position) = (file, position)
    }

    /// - Parameter selections: records to be read instead of whole files, by the file's position.
    convenience init(feed: JobFeed, files: [FeedFile], blockRows: Int, selections: [Int: FileSelection] = [:]) {
        self.init(
            files.enumerated().map { StreamedFile(feed: feed, file: $1, selection: selections[$0]) }, blockRows: blockRows)
    }

    func next() throws(Failure) -> ReadBlock? {
        while file < files.count {
            let feed = files[file].feed
            if reader == nil { reader = try open(files[file], feed: feed) }
            if let block = try reader?.next() {
                defer { position = block.end }
                return ReadBlock(file: file, block: try discarding(block), start: position)
            }
            (reader, position) = (nil, .start)
            file += 1
        }
        return nil
    }

    private func open(_ streamed: StreamedFile, feed: JobFeed) throws(Failure) -> any FeedReader {
        // Observations are always read from the start of their file: positions are those of the rows made of them.
        let start = feed.pivot == nil ? position : .start
        let records: any FeedReader =
            if let selection = streamed.selection {
                try SelectionReader(selection, of: streamed.file, feed: feed, from: start, blockRows: blockRows)
            } else {
                try feed.records(of: streamed.file, from: start, blockRows: blockRows)
            }
        guard let pivot = feed.pivot else { return records }
        var seen: FeedPivot.Seen?
        if pivot.sequence != nil, file > 0, files[file - 1].feed.name == feed.name {
            seen = try FeedPivot.Seen(pivot, reader: feed.records(of: files[file - 1].file, from: .start, blockRows: blockRows))
        }
        return PivotReader(
            records, of: streamed.file, pivot: pivot, schema: feed.schema, from: position, blockRows: blockRows, seen: seen)
    }

    /// Without rows that hold a text the feed's contract does not allow: they are rejects.
    private func discarding(_ block: FeedBlock) throws(Failure) -> FeedBlock {
        let discards = files[file].discards
        guard !discards.isEmpty else { return block }
        let batch = block.batch
        var rejects = block.rejects, kept: [Int] = []
        for row in 0..<batch.count {
            var fault: (column: String, text: String)?
            for (column, texts) in discards.sorted(by: { $0.key < $1.key }) where fault == nil {
                if let text = batch[column]?.string(row), texts.contains(text) { fault = (column, text) }
            }
            guard let fault else {
                kept.append(row)
                continue
            }
            let record = try locator.record(batch.rowNumbers[row], inFile: file, from: position)
            rejects.append(
                Reject(
                    file: files[file].file.name, line: record?.line ?? 0, offset: record?.offset ?? 0, row: batch.rowNumbers[row],
                    column: fault.column, code: .contract, found: fault.text, expected: "a text seen before (contract: discard-row)",
                    raw: record?.raw ?? []))
        }
        guard kept.count < batch.count else { return block }
        return FeedBlock(batch: batch.selecting(kept), rejects: rejects.sorted { $0.row < $1.row }, end: block.end)
    }
}

extension JobFeed {
    /// A file's records, as the feed's format reads them.
    func records(of file: FeedFile, from position: FeedPosition = .start, blockRows: Int = 8_192) throws(Failure) -> any FeedReader {
        try FeedFormats.named(format).reader(
            of: file, columns: readColumns, options: options, from: position, blockRows: blockRows, bufferBytes: 1 << 18)
    }
}
