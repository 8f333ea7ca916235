import Foundation

/// Sockets of this machine's loopback, for servers of tests that share no library with the program under test.
package enum LoopbackSocket {
    /// A socket that listens on a port that was free.
    ///
    /// - Throws: `CocoaError` where no port can be had.
    package static func listening() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = stream()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size), address = place(port: 0)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw CocoaError(.fileReadUnknown)
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A socket that is connected to a port.
    ///
    /// - Throws: `CocoaError` where nobody listens.
    package static func connected(to port: UInt16) throws -> Int32 {
        let descriptor = stream()
        var address = place(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            throw CocoaError(.fileNoSuchFile)
        }
        return descriptor
    }

    private static func stream() -> Int32 {
        #if os(Linux)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func place(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }
}
