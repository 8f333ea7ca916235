package import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file open for reading at any offset (`pread`): no position of its own, no mapping, closed when it goes away.
package final class InputFile {
    package let name: String
    private let descriptor: Int32

    /// - Throws: a file that is missing, unreadable or a folder.
    package init(_ file: FeedFile) throws(Failure) {
        name = file.name
        let opened = open(file.path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .feedFileMissing(file.name)
            case EACCES, EPERM: throw .feedFileUnreadable(file.name)
            default: throw .feedFileFailed(file.name, cause: Self.message(errno))
            }
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(opened)
            throw .feedFileIsFolder(file.name)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Bytes read, 0 at the end; may be fewer than asked for.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Failure) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw .feedFileFailed(name, cause: Self.message(errno)) }
        }
    }

    private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
