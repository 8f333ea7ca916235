import Foundation

/// What the system says of the file system that a path lies on.
public struct FileSystemFacts: Hashable, Sendable {
    public var freeBytes: Int64
    public var totalBytes: Int64
    /// As the mount table has it (`ext4`, `nfs4`); nil where it cannot be told.
    public var kind: String?

    /// Kinds on which SQLite's locks and shared memory do not hold between machines.
    package static let networkKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "lustre", "gfs2",
        "ocfs2", "webdav", "davfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.ceph-fuse", "fuse.juicefs", "fuse.mount-s3",
        "fuse.blobfuse2",
        "fuse.blobfuse2", "beegfs", "orangefs", "coda",
    ]

    public var isNetwork: Bool { kind.map(Self.networkKinds.contains) ?? false }

    /// - Returns: nil when the path does not exist.
    public init?(path: String) {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return nil }
        let block = Int64(facts.f_frsize)
        freeBytes = Int64(facts.f_bavail) * block
        totalBytes = Int64(facts.f_blocks) * block
        guard let table = FileManager.default.contents(atPath: "/proc/self/mounts"), let real = realpath(path, nil) else { return }
        defer { free(real) }
        kind = Self.kind(of: String(cString: real), mounts: String(decoding: table, as: UTF8.self))
    }

    /// The longest mount point that holds the path; the last one wins, as it lies on top.
    /// - Parameters:
    ///   - full: absolute, without links.
    ///   - mounts: lines as in `/proc/self/mounts` (fstab(5)): device, mount point, kind.
    package static func kind(of full: String, mounts: String) -> String? {
        var best: (length: Int, kind: String)?
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 3 else { continue }
            let point = words[1].replacingOccurrences(of: "\\040", with: " ")
            guard full == point || point == "/" || full.hasPrefix(point + "/") else { continue }
            if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(words[2])) }
        }
        return best?.kind
    }
}
