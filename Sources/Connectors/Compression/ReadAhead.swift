import Foundation
import Records

/// Unpacks a gzip stream ahead, on a thread of its own: unpacking takes longer than reading what was unpacked, so both together take
/// hardly longer than unpacking alone.
///
/// At most three pieces are ahead. The bytes, the place of damage and failures are those of the stream read without it.
final class ReadAhead {
    private let shared: Shared
    private let handle: pthread_t
    private var piece: Piece?
    private var taken = 0
    private(set) var damage: ByteSource.Damage?

    /// One piece of the stream; the last has no bytes.
    struct Piece {
        var bytes: UnsafeMutableRawBufferPointer
        var count = 0
        var damage: ByteSource.Damage?
        var failure: Failure?
    }

    /// Nil when the system gives no thread: the stream is then to be read without.
    init?(_ stream: InflatedStream, pieceBytes: Int) {
        let shared = Shared(stream, pieceBytes: pieceBytes)
        let start = Unmanaged.passRetained(shared)
        #if os(Linux)
            var thread = pthread_t()
            let code = pthread_create(&thread, nil, { ReadAhead.run($0) }, start.toOpaque())
            guard code == 0 else {
                start.release()
                return nil
            }
            handle = thread
        #else
            var thread: pthread_t?
            let code = pthread_create(&thread, nil, { ReadAhead.run($0) }, start.toOpaque())
            guard code == 0, let thread else {
                start.release()
                return nil
            }
            handle = thread
        #endif
        self.shared = shared
    }

    deinit {
        if let piece { shared.giveBack(piece) }
        shared.stop()
        pthread_join(handle, nil)
    }

    private static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let pointer else { return nil }
        Unmanaged<Shared>.fromOpaque(pointer).takeRetainedValue().unpackAll()
        return nil
    }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if piece == nil {
            piece = shared.take()
            taken = 0
        }
        guard let current = piece else { return 0 }
        if let failure = current.failure { throw failure }
        if current.count == 0 {
            damage = current.damage
            return 0
        }
        let count = min(buffer.count, current.count - taken)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: current.bytes[taken..<taken + count]))
        taken += count
        if taken == current.count {
            damage = current.damage
            shared.giveBack(current)
            piece = nil
        }
        return count
    }

    /// What both threads see.
    private final class Shared: @unchecked Sendable {
        // Unchecked: the mutable fields are used under `condition` alone; the stream by the unpacking thread alone.
        private let condition = NSCondition()
        private let stream: InflatedStream
        private var free: [UnsafeMutableRawBufferPointer]
        private var full: [Piece] = []
        private var isStopped = false

        init(_ stream: InflatedStream, pieceBytes: Int) {
            self.stream = stream
            free = (0..<3).map { _ in .allocate(byteCount: pieceBytes, alignment: 16) }
        }

        deinit {
            for piece in full { piece.bytes.deallocate() }
            for bytes in free { bytes.deallocate() }
        }

        func unpackAll() {
            while let bytes = takeFree() {
                var piece = Piece(bytes: bytes)
                do throws(Failure) { piece.count = try stream.read(into: bytes) } catch { piece.failure = error }
                piece.damage = stream.damage
                let isLast = piece.count == 0 || piece.failure != nil
                give(piece)
                if isLast { return }
            }
        }

        private func takeFree() -> UnsafeMutableRawBufferPointer? {
            condition.lock()
            defer { condition.unlock() }
            while free.isEmpty, !isStopped { condition.wait() }
            return isStopped ? nil : free.popLast()
        }

        private func give(_ piece: Piece) {
            condition.lock()
            defer { condition.unlock() }
            full.append(piece)
            condition.broadcast()
        }

        func take() -> Piece {
            condition.lock()
            defer { condition.unlock() }
            while full.isEmpty { condition.wait() }
            return full.removeFirst()
        }

        func giveBack(_ piece: Piece) {
            condition.lock()
            defer { condition.unlock() }
            free.append(piece.bytes)
            condition.broadcast()
        }

        func stop() {
            condition.lock()
            defer { condition.unlock() }
            isStopped = true
            condition.broadcast()
        }
    }
}
