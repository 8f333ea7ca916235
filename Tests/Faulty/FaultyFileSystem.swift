import Foundation
import GRDBSQLite
import Synchronization

/// A file system below SQLite that fails at a chosen operation: every write, sync, truncation and removal of a database's files is one.
///
/// It wraps the system's own VFS (https://sqlite.org/vfs.html) and is registered as the process's default, so that the program under test
/// is the shipped code. Shared memory and locks pass through.
enum FaultyFileSystem {
    enum Mode: String {
        /// Nothing fails; the operations are counted.
        case count
        /// The process dies before the operation.
        case cut
        /// Half of the operation's bytes are written, then the process dies.
        case torn
        /// From the operation on, no write finds room.
        case full
        /// The process dies before the operation, and what was written since each file's last sync is gone, as when the power fails.
        case power
        /// As `power`, on a disk that says it synchronised the operation's file and did not; the process dies at the tenth operation after.
        case lost
        /// One bit of what the operation writes is another on the disk; the process goes on and ends.
        case flipped
        /// The first half of the operation's bytes reach the disk, the process goes on and ends: a page torn without anybody noticing.
        case halved
    }

    /// A database's file as programs see it, while what is not synced lives in memory only.
    final class HeldFile {
        var bytes: [UInt8] = []
    }

    struct State {
        var mode = Mode.count
        var at = 0
        var operations = 0
        var paths: [String] = []
        var held: [String: HeldFile] = [:]
    }

    /// What SQLite allocates for one open file: ours, then the wrapped system's.
    struct File {
        var base: sqlite3_file
        /// Index into `State.paths`; -1 = a file that passes through.
        var path: Int
    }

    static let state = Mutex(State())
    /// The system's own, found before ours takes its place; never changed, so SQLite's threads may read it without a lock.
    nonisolated(unsafe) static let real: UnsafeMutablePointer<sqlite3_vfs> = sqlite3_vfs_find(nil)
    /// Made once and never changed.
    nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        made.initialize(to: fileMethods())
        return made
    }()

    static func install(_ mode: Mode, at operation: Int) {
        state.withLock { ($0.mode, $0.at) = (mode, operation) }
        // Registered for the life of the process.
        let own = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        own.initialize(to: real.pointee)
        own.pointee.szOsFile = Int32(MemoryLayout<File>.stride) + real.pointee.szOsFile
        own.pointee.zName = UnsafePointer(strdup("faulty"))
        own.pointee.pNext = nil
        own.pointee.xOpen = { _, name, file, flags, outFlags in FaultyFileSystem.open(name, file!, flags, outFlags) }
        own.pointee.xDelete = { _, name, syncs in FaultyFileSystem.remove(name, syncs) }
        own.pointee.xAccess = { _, name, flags, result in FaultyFileSystem.real.pointee.xAccess(FaultyFileSystem.real, name, flags, result)
        }
        own.pointee.xFullPathname = { _, name, size, result in
            FaultyFileSystem.real.pointee.xFullPathname(FaultyFileSystem.real, name, size, result)
        }
        sqlite3_vfs_register(own, 1)
    }

    static var operations: Int { state.withLock(\.operations) }

    /// What is held is written, as the system does in the end when nothing fails.
    static func flush() {
        state.withLock { state in
            for (path, file) in state.held { try? Data(file.bytes).write(to: URL(fileURLWithPath: path)) }
            state.held = [:]
        }
    }

    // MARK: Operations

    enum Verdict { case go, tear, full, flip, halve, lie }

    /// Counts an operation, and dies there where that is wanted.
    static func step(isWrite: Bool) -> Verdict {
        let verdict: Verdict? = state.withLock { state in
            state.operations += 1
            switch state.mode {
            case .count: return .go
            case .cut, .power: return state.operations == state.at ? nil : .go
            case .torn: return state.operations == state.at ? (isWrite ? .tear : nil) : .go
            case .full: return state.operations >= state.at && isWrite ? .full : .go
            case .flipped: return state.operations == state.at && isWrite ? .flip : .go
            case .halved: return state.operations == state.at && isWrite ? .halve : .go
            case .lost:
                if state.operations == state.at + 10 { return nil }
                return state.operations == state.at && !isWrite ? .lie : .go
            }
        }
        guard let verdict else { die() }
        return verdict
    }

    static func die() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }

    static func wrapped(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        UnsafeMutableRawPointer(file).advanced(by: MemoryLayout<File>.stride).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func place(of file: UnsafeMutablePointer<sqlite3_file>) -> Int {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self).pointee.path
    }

    static func isCounted(_ file: UnsafeMutablePointer<sqlite3_file>) -> Bool { place(of: file) >= 0 }

    /// The held content of a file; nil where nothing is held back.
    static func held(_ file: UnsafeMutablePointer<sqlite3_file>) -> HeldFile? {
        let place = place(of: file)
        return place < 0 ? nil : state.withLock { state in HeldBox(state.held[state.paths[place]]) }.file
    }

    /// Held files are used under SQLite's own locks of the file they stand for: one writer, and readers of what was committed.
    struct HeldBox: @unchecked Sendable {
        let file: HeldFile?
        init(_ file: HeldFile?) { self.file = file }
    }

    private static func open(
        _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL
        let own = UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self)
        own.pointee.base.pMethods = nil
        own.pointee.path = -1
        let code = real.pointee.xOpen(real, name, wrapped(file), flags, outFlags)
        guard code == SQLITE_OK else { return code }
        own.pointee.base.pMethods = UnsafePointer(methods)
        guard flags & kept != 0, let name else { return code }
        let path = String(cString: name)
        own.pointee.path = state.withLock { state in
            state.paths.append(path)
            if state.mode == .power || state.mode == .lost, state.held[path] == nil {
                let file = HeldFile()
                file.bytes = (try? Data(contentsOf: URL(fileURLWithPath: path))).map { Array($0) } ?? []
                state.held[path] = file
            }
            return state.paths.count - 1
        }
        return code
    }

    private static func remove(_ name: UnsafePointer<CChar>?, _ syncs: Int32) -> Int32 {
        guard let name else { return SQLITE_MISUSE }
        _ = step(isWrite: false)
        let path = String(cString: name)
        state.withLock { $0.held[path] = nil }
        return real.pointee.xDelete(real, name, syncs)
    }
}
