import Connectors
import Foundation
import Records
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

    // MARK: A real one

    private static let needed = ["/usr/bin/sshfs", "/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/fusermount", "/dev/fuse"]
    private static let isThere = getuid() == 0 && needed.allSatisfy(FileManager.default.fileExists(atPath:))

    @discardableResult
    private func shell(_ command: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test(
        "a database is not made on a folder that sshfs mounts, and the message names the kind",
        .enabled(if: isThere, "needs root, /dev/fuse and: apt-get install sshfs openssh-server"))
    func network() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mount-\(UInt64.random(in: 0...UInt64.max))").path
        let port = Int.random(in: 20_000...50_000)
        let setting = """
            Port \(port)\nListenAddress 127.0.0.1\nHostKey \(folder)/key\nAuthorizedKeysFile \(folder)/key.pub
            PermitRootLogin yes\nStrictModes no\nPidFile \(folder)/pid\nSubsystem sftp internal-sftp
            """
        defer {
            _ = try? shell("fusermount -u \(folder)/far; kill $(cat \(folder)/pid); rm -rf \(folder)/near \(folder)/key* \(folder)/setting")
        }
        try shell("mkdir -p /run/sshd \(folder)/near \(folder)/far; ssh-keygen -q -t ed25519 -N '' -f \(folder)/key")
        try Data((setting + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/setting"))
        try shell("/usr/sbin/sshd -f \(folder)/setting")
        let options = "IdentityFile=\(folder)/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        #expect(try shell("sshfs -p \(port) -o \(options) root@127.0.0.1:\(folder)/near \(folder)/far") == 0)

        let failure = #expect(throws: Failure.self) { try Warehouse(path: folder + "/far/bank.db").close() }
        #expect(failure?.code == "database.network" && failure?.found.hasPrefix("fuse.sshfs") == true)
        #expect(!FileManager.default.fileExists(atPath: folder + "/near/bank.db"))
        // The same folder, as the disk of this machine that it is.
        try Warehouse(path: folder + "/near/bank.db").close()
    }
}
