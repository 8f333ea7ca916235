public import Connectors

/// What a run has counted; stored with the run at every chunk.
public struct RunCounts: Hashable, Sendable, Codable {
    public var read: Int64 = 0
    public var accepted: Int64 = 0
    public var rejected: Int64 = 0
    /// Accepted rows that came after a later one, within the lateness.
    public var late: Int64 = 0
    /// Accepted rows that were there already with the same content.
    public var unchanged: Int64 = 0
    /// Accepted rows that made a new version.
    public var corrected: Int64 = 0
    public var reviewItems: Int64 = 0
    /// Accepted rows before the run's `since`, which only built the stage's state.
    public var before: Int64 = 0
    /// Rows decided after the job's deadline, without the model.
    public var afterDeadline: Int64 = 0
    /// Outcome -> rows.
    public var outcomes: [String: Int64] = [:]

    public init() {}

    public mutating func add(_ other: RunCounts) {
        read += other.read
        accepted += other.accepted
        rejected += other.rejected
        late += other.late
        unchanged += other.unchanged
        corrected += other.corrected
        reviewItems += other.reviewItems
        before += other.before
        afterDeadline += other.afterDeadline
        for (outcome, rows) in other.outcomes { outcomes[outcome, default: 0] += rows }
    }
}

/// Rows of one feed of a run.
public struct FeedTally: Hashable, Sendable {
    public var read: Int64
    public var rejected: Int64

    public init(read: Int64 = 0, rejected: Int64 = 0) { (self.read, self.rejected) = (read, rejected) }
}

/// Where a run stands between two chunks: everything needed to go on from there.
public struct RunProgress: Hashable, Sendable {
    /// Chunks committed.
    public var chunk: Int
    /// Index of the file being read, in the run's order; the number of files when all are read.
    public var file: Int
    public var position: FeedPosition
    public var counts: RunCounts
    /// Of each feed, in the order of the configuration's limits; a feed of which nothing was read yet may be absent.
    public var tallies: [FeedTally]

    public static let start = RunProgress(chunk: 0, file: 0, position: .start, counts: RunCounts())

    public init(chunk: Int, file: Int, position: FeedPosition, counts: RunCounts, tallies: [FeedTally] = []) {
        (self.chunk, self.file, self.position, self.counts, self.tallies) = (chunk, file, position, counts, tallies)
    }
}

/// The decisions of a run apart from its I/O: when a chunk ends, what its checkpoint is, when the run is over and how.
///
/// Events go in, actions come out; the runner does them in order. Chunks end after a fixed number of rows, never after a time, so that a
/// run that was killed and started again has the same chunks as one that was not.
public struct RunMachine: Sendable {
    public struct Configuration: Sendable {
        /// A chunk ends with the block that reaches this many rows read.
        public var chunkRows: Int
        /// A chunk ends with the block that reaches this many results of a finishing stage: they cost more than rows.
        public var chunkResults: Int { max(1, chunkRows / 16) }
        /// Share of a feed's rows that may be rejected, in 0...1, by feed.
        public var rejectLimits: [Double]
        /// The feed of each file, an index into `rejectLimits`.
        public var feeds: [Int]

        public var fileCount: Int { feeds.count }

        public init(chunkRows: Int, rejectLimits: [Double], feeds: [Int]) {
            (self.chunkRows, self.rejectLimits, self.feeds) = (chunkRows, rejectLimits, feeds)
        }

        /// All files are of one feed.
        public init(chunkRows: Int, rejectLimit: Double, fileCount: Int) {
            self.init(chunkRows: chunkRows, rejectLimits: [rejectLimit], feeds: Array(repeating: 0, count: fileCount))
        }
    }

    public enum Event: Sendable {
        /// A block of file `file` was read, scored and written into the open chunk; `end` is where reading goes on.
        case block(file: Int, end: FeedPosition, counts: RunCounts)
        /// Results of a finishing stage are written into the open chunk, after all files were read; `end.row` are given so far.
        case results(end: FeedPosition, counts: RunCounts)
        /// All files are read, all their blocks and what the stage made of them are written.
        case endOfFeed
        /// The chunk of the last `.commit` is on disk.
        case committed
        /// Somebody asked the process to end (SIGTERM, SIGINT).
        case stopRequested
    }

    public enum Action: Hashable, Sendable {
        /// Commit the open chunk with this checkpoint, in one transaction.
        case commit(RunProgress)
        /// Commit what is open with this checkpoint and the run's last status, in one transaction; then it is over.
        case finish(RunProgress, Ending)
        /// Go no further; the checkpoint stands.
        case stop
    }

    public enum Ending: String, Hashable, Sendable {
        case done
        /// Rejects of a feed passed its limit: results stay invisible until somebody accepts them.
        case held
    }

    private enum Phase: Sendable { case reading, committing, over }

    public let configuration: Configuration
    /// As of the last block given.
    public private(set) var progress: RunProgress
    private var phase = Phase.reading
    private var openRows: Int64 = 0
    private var openResults: Int64 = 0
    private var stopping = false

    /// A run that starts, or goes on from the progress of its last checkpoint.
    public init(configuration: Configuration, from progress: RunProgress = .start) {
        (self.configuration, self.progress) = (configuration, progress)
        while self.progress.tallies.count < configuration.rejectLimits.count { self.progress.tallies.append(FeedTally()) }
    }

    /// Feeds with more rejects than their limit allows, by index.
    public var feedsOverLimit: [Int] {
        configuration.rejectLimits.indices.filter {
            Double(progress.tallies[$0].rejected) > configuration.rejectLimits[$0] * Double(progress.tallies[$0].read)
        }
    }

    public var isOver: Bool { phase == .over }
    /// Somebody asked the run to end, and it will after the open chunk.
    public var isStopping: Bool { stopping }

    public mutating func handle(_ event: Event) -> [Action] {
        switch (event, phase) {
        case (_, .over):
            return []
        case (.block(let file, let end, let counts), _):
            (progress.file, progress.position) = (file, end)
            progress.counts.add(counts)
            progress.tallies[configuration.feeds[file]].read += counts.read
            progress.tallies[configuration.feeds[file]].rejected += counts.rejected
            openRows += counts.read
            return openRows >= Int64(configuration.chunkRows) ? commit() : []
        case (.results(let end, let counts), _):
            openResults += end.row - (progress.file == configuration.fileCount ? progress.position.row : 0)
            (progress.file, progress.position) = (configuration.fileCount, end)
            progress.counts.add(counts)
            return openResults >= Int64(configuration.chunkResults) ? commit() : []
        case (.endOfFeed, _):
            phase = .over
            progress.chunk += 1
            progress.file = configuration.fileCount
            progress.position = .start
            return [.finish(progress, feedsOverLimit.isEmpty ? .done : .held)]
        case (.committed, _):
            phase = .reading
            guard stopping else { return [] }
            phase = .over
            return [.stop]
        case (.stopRequested, _):
            // The open chunk is completed first: chunks must fall where they would have fallen.
            stopping = true
            guard openRows == 0, openResults == 0, phase == .reading else { return [] }
            phase = .over
            return [.stop]
        }
    }

    private mutating func commit() -> [Action] {
        phase = .committing
        (openRows, openResults) = (0, 0)
        progress.chunk += 1
        return [.commit(progress)]
    }
}
