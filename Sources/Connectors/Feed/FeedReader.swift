public import Records

/// A place in a file between two records; `FeedPosition.start` is before the first.
public struct FeedPosition: Hashable, Sendable {
    /// Bytes of the uncompressed stream before the next record (0: the header has not been read).
    public var offset: Int64
    /// Records read so far, rejects included.
    public var row: Int64
    /// Line of the next record, from 1.
    public var line: Int64

    public static let start = FeedPosition(offset: 0, row: 0, line: 1)

    public init(offset: Int64, row: Int64, line: Int64) { (self.offset, self.row, self.line) = (offset, row, line) }
}

/// Some records of a file: what could be read and what could not. `rowsRead == batch.count + rejects.count`, always.
public struct FeedBlock: Sendable {
    public let batch: RecordBatch
    public let rejects: [Reject]
    /// Where a reader must be started to go on after this block.
    public let end: FeedPosition

    public var rowsRead: Int { batch.count + rejects.count }

    public init(batch: RecordBatch, rejects: [Reject], end: FeedPosition) {
        (self.batch, self.rejects, self.end) = (batch, rejects, end)
    }
}

/// Reads one file, block by block, in bounded memory. Used by one thread at a time.
///
/// Contract (`FeedContract` tests it): blocks hold exactly `blockRows` records read (the last one fewer) wherever buffers are cut;
/// a reader started at a block's `end` gives the same blocks as one that read on; bad records become rejects, never throws;
/// a stream that breaks off gives one `malformed` reject for the rest, then ends.
public protocol FeedReader: AnyObject {
    /// The next block, or nil at the end.
    func next() throws(Failure) -> FeedBlock?
}

/// A file format: one folder, one entry in `FeedFormats.all`.
public protocol FeedFormat: Sendable {
    /// Name as in the job file (`csv`, `xml`), and the format's settings.
    static var definition: Definition { get }

    /// Opens a file (gzip is recognised by its first bytes) at a position.
    ///
    /// - Parameters:
    ///   - blockRows: records a block, 1 or more.
    ///   - bufferBytes: size of the read buffer; tests set it as low as 1.
    /// - Throws: a file that is missing, unreadable or empty; a column that is not there (with the nearest name).
    static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader
}

/// One file of a feed.
public struct FeedFile: Hashable, Sendable {
    /// As opened.
    public let path: String
    /// As shown and stored: the path relative to the job file, no machine's own path.
    public let name: String

    public init(path: String, name: String) { (self.path, self.name) = (path, name) }
}
