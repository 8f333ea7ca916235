public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the file system says of a file: enough to see that somebody wrote to it meanwhile.
public struct FileStamp: Hashable, Sendable {
    public let bytes: Int64
    /// When its content last changed, as the file system keeps it.
    public let modified: Timestamp
    /// Tells a file from another one moved into its place.
    public let inode: UInt64
    /// Changes with every write, even where somebody set `modified` back. In nanoseconds; compared only.
    public let changed: Int64

    /// Nil when there is no such file.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        bytes = Int64(status.st_size)
        inode = UInt64(status.st_ino)
        #if canImport(Glibc)
            let (modification, change) = (status.st_mtim, status.st_ctim)
        #else
            let (modification, change) = (status.st_mtimespec, status.st_ctimespec)
        #endif
        modified = Timestamp(microseconds: Int64(modification.tv_sec) * 1_000_000 + Int64(modification.tv_nsec) / 1_000)
        changed = Int64(change.tv_sec) &* 1_000_000_000 &+ Int64(change.tv_nsec)
    }
}
