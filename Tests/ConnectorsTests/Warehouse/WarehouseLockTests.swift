import Connectors
import Foundation
import GRDB
import Testing

#if os(Linux)
    @Suite("Locks of a database file", .serialized) struct WarehouseLockTests {
        /// Whether this process holds a POSIX lock of a file, as the kernel says.
        private func isLocked(_ path: String) throws -> Bool {
            var status = stat()
            guard stat(path, &status) == 0 else { return false }
            let locks = try String(contentsOfFile: "/proc/locks", encoding: .utf8)
            return locks.split(separator: "\n").contains { line in
                let fields = line.split(separator: " ")
                return fields.contains("POSIX") && fields.contains("\(getpid())") && fields.contains { $0.hasSuffix(":\(status.st_ino)") }
            }
        }

        private func open(_ body: (String) throws -> Void) throws {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("locks-\(UUID().uuidString).db").path
            defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
            let warehouse = try Warehouse(path: path)
            defer { warehouse.close() }
            _ = try warehouse.read { try $0.tableExists("pipeline_runs") }
            try body(path)
        }

        @Test("stay with a process that opens it a second time, and looks whether it is a database")
        func stay() throws {
            try open { path in
                #expect(try isLocked(path))
                for access in [Warehouse.Access.read, .write] {
                    try Warehouse(path: path, access: access).close()
                    #expect(try isLocked(path))
                }
            }
        }

        @Test("would go with any descriptor that is closed, as POSIX has it")
        func control() throws {
            try open { path in
                _ = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).close()
                #expect(try !isLocked(path))
            }
        }
    }
#endif
