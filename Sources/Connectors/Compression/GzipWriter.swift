import CZlib
import Foundation
package import Records

/// Writes one new file, gzipped or plain, that appears under its name only when it is complete.
///
/// The gzip header holds no time, name or operating system, so that equal content gives equal bytes (with the same zlib).
/// Until `finish` the bytes stand in `<path>.partial`; a writer that is dropped earlier removes it.
package final class GzipWriter {
    package enum Encoding: Hashable, Sendable {
        case plain
        /// Level 1 (fast) to 9 (small).
        case gzip(level: Int)
    }

    private let path: String
    private var descriptor: Int32
    private let stream: UnsafeMutablePointer<z_stream>?
    private let header: UnsafeMutablePointer<gz_header>?
    private let output: UnsafeMutableBufferPointer<UInt8>
    /// Bytes given to `write` so far.
    package private(set) var plainBytes: Int64 = 0
    /// Bytes in the file so far.
    package private(set) var fileBytes: Int64 = 0

    private var partial: String { path + ".partial" }

    /// - Throws: a folder that does not exist or may not be written.
    package init(path: String, encoding: Encoding) throws(Failure) {
        self.path = path
        descriptor = open(path + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        output = .allocate(capacity: 1 << 16)
        if case .gzip(let level) = encoding {
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            let header = UnsafeMutablePointer<gz_header>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            header.initialize(to: gz_header())
            // Window of 32 KiB with a gzip wrapper (16 + 15), default memory level and strategy.
            deflateInit2_(
                stream, Int32(min(9, max(1, level))), Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            header.pointee.os = 255
            deflateSetHeader(stream, header)
            (self.stream, self.header) = (stream, header)
        } else {
            (stream, header) = (nil, nil)
        }
        if descriptor < 0 { throw .outputUnwritable(path, errno) }
    }

    deinit {
        if let stream, let header {
            deflateEnd(stream)
            stream.deallocate()
            header.deallocate()
        }
        output.deallocate()
        if descriptor >= 0 {
            close(descriptor)
            unlink(partial)
        }
    }

    /// Appends bytes. Throws where the file cannot take them (disk full).
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        plainBytes += Int64(bytes.count)
        guard let stream else { return try put(bytes) }
        var rest = bytes
        while rest.count > 0 {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            // zlib's `next_in` lacks a const, but deflate only reads from it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(piece.count)
            while stream.pointee.avail_in > 0 { try deflateOnce(Z_NO_FLUSH) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    /// Completes the file and gives it its name. The writer must not be used afterwards.
    ///
    /// - Parameter durably: what has the name is on the disk, also when the power fails.
    package func finish(durably: Bool = false) throws(Failure) {
        if let stream {
            stream.pointee.avail_in = 0
            while try deflateOnce(Z_FINISH) != Z_STREAM_END {}
        }
        if durably, fsync(descriptor) != 0, errno != EINVAL { throw .outputUnwritable(path, errno) }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(partial, path) == 0 else {
            let code = errno
            unlink(partial)
            throw .outputUnwritable(path, code)
        }
    }

    @discardableResult
    private func deflateOnce(_ flush: Int32) throws(Failure) -> Int32 {
        guard let stream else { return Z_STREAM_END }
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let status = deflate(stream, flush)
        try put(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[0..<(output.count - Int(stream.pointee.avail_out))]))
        return status
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let written = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if written < 0 {
                if errno == EINTR { continue }
                throw .outputUnwritable(path, errno)
            }
            done += written
        }
        fileBytes += Int64(bytes.count)
    }
}
