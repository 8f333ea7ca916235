import Connectors
import Records

/// A block and the file it came from.
struct ReadBlock: Sendable {
    /// Index into the run's files.
    var file: Int
    var block: FeedBlock
}

/// Reads a feed's files one after the other, from a position on.
final class BlockReader: Source {
    private let feed: JobFeed
    private let files: [FeedFile]
    private let blockRows: Int
    private var file: Int
    private var position: FeedPosition
    private var reader: (any FeedReader)?

    init(feed: JobFeed, files: [FeedFile], from file: Int = 0, at position: FeedPosition = .start, blockRows: Int) {
        (self.feed, self.files, self.blockRows) = (feed, files, blockRows)
        (self.file, self.position) = (file, position)
    }

    func next() throws(Failure) -> ReadBlock? {
        while file < files.count {
            if reader == nil {
                reader = try FeedFormats.named(feed.format).reader(
                    of: files[file], columns: feed.columns, options: feed.options, from: position, blockRows: blockRows,
                    bufferBytes: 1 << 18)
            }
            if let block = try reader?.next() { return ReadBlock(file: file, block: block) }
            (reader, position) = (nil, .start)
            file += 1
        }
        return nil
    }
}
