import Connectors
import Foundation
import Records

/// Which files of a feed are whole: a half-uploaded one is never read.
///
/// Files are taken in the order of their names up to the first that is not ready. Later ones wait with it: reading past it would make its
/// rows late.
struct Readiness {
    /// A file that waits, and why.
    struct Waiting: Hashable, Sendable {
        var file: FeedFile
        /// `it changed 90s ago, expected 5m without a change`
        var reason: String
    }

    var ready: [FeedFile] = []
    var waiting: [Waiting] = []
    /// Of each ready file by its path, taken before anything of it was read.
    var stamps: [String: FileStamp] = [:]

    /// - Parameters:
    ///   - files: in the order of their names, without markers.
    ///   - clock: the run's.
    init(_ files: [FeedFile], of feed: JobFeed, clock: Timestamp, fault: PlantedFault? = nil) {
        let marker = feed.arrival.marker.map(MarkerPattern.init)
        for file in files {
            // Moved away since the folder was read.
            guard let stamp = FileStamp(path: file.path) else { continue }
            let reason = Self.reason(file, stamp, stableFor: feed.stableFor, marker: marker, clock: clock)
            if let reason, fault != .readsHalfFiles {
                waiting.append(Waiting(file: file, reason: reason))
            } else if let first = waiting.first {
                waiting.append(Waiting(file: file, reason: "\(first.file.name) before it is not ready"))
            } else {
                ready.append(file)
                stamps[file.path] = stamp
            }
        }
    }

    /// The files that a feed's pattern names, whole or not, without markers and manifests among them.
    static func deliveries(of feed: JobFeed, in directory: String) throws(Failure) -> [FeedFile] {
        var beside = [feed.arrival.marker.map(MarkerPattern.init)].compactMap(\.self)
        if case .manifest(let pattern)? = feed.arrival.control?.source { beside.append(MarkerPattern(pattern)) }
        return try FeedDiscovery.files(matching: feed.files, in: directory).filter { file in !beside.contains { $0.isMarker(file.name) } }
    }

    private static func reason(
        _ file: FeedFile, _ stamp: FileStamp, stableFor: Timestamp.Span, marker: MarkerPattern?, clock: Timestamp
    ) -> String? {
        if let marker {
            let names = marker.names(for: file.path)
            let found = names.compactMap { FileStamp(path: $0) }
            guard let newest = found.map(\.modified).max() else {
                return "no marker \(marker.names(for: file.name).joined(separator: " or "))"
            }
            if newest < stamp.modified { return "its marker is older than the file" }
        }
        if stableFor > .zero, stamp.modified + stableFor > clock {
            let age = (clock.microseconds - stamp.modified.microseconds) / 1_000_000
            return age < 0
                ? "it changed at \(stamp.modified.iso8601), after the run's clock"
                : "it changed \(age)s ago, expected \(stableFor.microseconds / 1_000_000)s without a change"
        }
        return nil
    }
}

/// Marker files: `*.done` stands for `x.csv.gz.done`, `x.csv.done` and `x.done`; a name without `*` is one marker for its folder.
struct MarkerPattern {
    private let before: String
    private let after: String
    private let isForEach: Bool

    init(_ pattern: String) {
        let parts = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        before = String(parts[0])
        isForEach = parts.count == 2
        after = isForEach ? String(parts[1]) : ""
    }

    /// Paths, any of which makes the file ready, in the file's folder.
    func names(for path: String) -> [String] {
        let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let folder = path[..<slash]
        guard isForEach else { return ["\(folder)\(before)"] }
        return Self.stems(String(path[slash...])).map { "\(folder)\(before)\($0)\(after)" }
    }

    func isMarker(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard isForEach else { return name == before }
        return name.hasPrefix(before) && name.hasSuffix(after) && name.utf8.count > before.utf8.count + after.utf8.count
    }

    /// `x.csv.gz`, `x.csv`, `x`
    static func stems(_ name: String) -> [String] {
        var stems = [name]
        while stems.count < 3, let point = stems[stems.count - 1].lastIndex(of: "."), point != name.startIndex {
            stems.append(String(stems[stems.count - 1][..<point]))
        }
        return stems
    }
}

/// Looks again at files while and after they were read.
struct FileGuard: Sendable {
    private let files: [(file: FeedFile, stamp: FileStamp?, digest: String)]

    /// - Parameter stamps: taken before the digests were; a file without one is compared with what it is now.
    init(_ files: [(file: FeedFile, digest: String)], stamps: [String: FileStamp]) {
        self.files = files.map { ($0.file, stamps[$0.file.path] ?? FileStamp(path: $0.file.path), $0.digest) }
    }

    /// - Throws: `feed.file-changed-while-read` (exit 75) when one of the first files is not what it was.
    func check(through last: Int) throws(Failure) {
        for (file, stamp, digest) in files.prefix(last + 1) where FileStamp(path: file.path) != stamp {
            // Touched or given another name of its own, but the same bytes.
            let now: String? = try? FeedDigest(of: file).hex
            if now != digest { throw .fileChangedWhileRead(file.name) }
        }
    }
}
