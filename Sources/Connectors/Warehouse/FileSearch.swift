import Foundation
import Records

/// Bytes of files, searched in pieces.
enum FileSearch {
    /// Offset of the first occurrence; nil where there is none, or no such file.
    static func offset(of needle: [UInt8], in path: String) throws -> Int? {
        var first: Int?
        try each(of: needle, in: path, beside: 0) { offset, _, _ in
            first = offset
            return false
        }
        return first
    }

    /// Every occurrence with up to `width` bytes on each side, until the body says false; nothing where there is no such file.
    static func each(
        of needle: [UInt8], in path: String, beside width: Int,
        _ body: (_ offset: Int, _ before: ArraySlice<UInt8>, _ after: ArraySlice<UInt8>) -> Bool
    ) throws {
        guard !needle.isEmpty, FileManager.default.fileExists(atPath: path) else { return }
        // Never closed: closing any descriptor of a database drops this process's locks of it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.databaseUnreadable(path) }
        let size = 1 << 20
        // A piece, with what belongs to an occurrence that begins in it.
        var buffer = [UInt8](repeating: 0, count: width + size + needle.count - 1 + width), start = 0
        while true {
            let margin = min(start, width), wanted = margin + size + needle.count - 1 + width
            let filled = try read(descriptor, wanted, at: start - margin, into: &buffer, path: path)
            guard filled > margin else { return }
            var at = margin
            while at < margin + size, let hit = offset(of: needle, in: buffer, from: at, to: filled), hit < margin + size {
                let end = hit + needle.count
                let before = buffer[max(hit - width, 0)..<hit], after = buffer[end..<min(end + width, filled)]
                guard body(start + hit - margin, before, after) else { return }
                at = hit + 1
            }
            start += size
        }
    }

    private static func read(_ descriptor: Int32, _ count: Int, at offset: Int, into buffer: inout [UInt8], path: String) throws -> Int {
        var filled = 0
        while filled < count {
            let got = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + filled, count - filled, off_t(offset + filled)) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure.databaseUnreadable(path) }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    private static func offset(of needle: [UInt8], in bytes: [UInt8], from: Int, to end: Int) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let start = raw.baseAddress else { return nil }
            var at = from
            while end - at >= needle.count, let hit = memchr(start + at, Int32(needle[0]), end - at - needle.count + 1) {
                at = start.distance(to: UnsafeRawPointer(hit))
                if memcmp(start + at, needle, needle.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }
}
