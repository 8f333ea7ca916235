import Connectors
import Testing

@Suite("File system of a path")
struct FileSystemFactsTests {
    /// Lines as the system writes them.
    private static let mounts = """
        /dev/sda1 / ext4 rw,relatime 0 0
        server:/export /mnt/share nfs4 rw,vers=4.2,addr=192.0.2.7 0 0
        /dev/sdb1 /mnt/share/local xfs rw 0 0
        //server/data /mnt/my\\040data cifs rw 0 0
        somebody@server:/data /mnt/far fuse.sshfs rw,nosuid,nodev 0 0
        /dev/sdc1 /mnt/over ext4 rw 0 0
        server:/new /mnt/over nfs rw 0 0
        broken
        """

    @Test(
        "the longest mount point that holds a path decides, and of two at one place the later",
        arguments: [
            ("/data/bank", "ext4", false), ("/mnt/share", "nfs4", true), ("/mnt/share/bank", "nfs4", true),
            ("/mnt/share/local/bank", "xfs", false), ("/mnt/shared", "ext4", false), ("/mnt/my data/bank", "cifs", true),
            ("/mnt/far", "fuse.sshfs", true), ("/mnt/over/bank", "nfs", true),
        ])
    func kind(path: String, kind: String, isNetwork: Bool) {
        #expect(FileSystemFacts.kind(of: path, mounts: Self.mounts) == kind)
        #expect(FileSystemFacts.networkKinds.contains(kind) == isNetwork)
    }

    @Test("without a mount table nothing is claimed")
    func unknown() {
        #expect(FileSystemFacts.kind(of: "/data", mounts: "") == nil)
    }
}
