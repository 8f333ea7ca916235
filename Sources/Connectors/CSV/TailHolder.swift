import Records

/// Passes a stream on but for its last lines, which it keeps: blank lines do not count among them.
final class TailHolder {
    /// The lines kept hold no more than this; what stands before is passed on.
    static let limit = 1 << 20

    private let lines: Int
    private var bytes: [UInt8] = []
    /// Bytes before this were passed on; bytes before `held` may be.
    private var first = 0
    private var held = 0
    private var hasEnded = false

    init(lines: Int) { self.lines = lines }

    /// Bytes that are surely none of the last lines, at most as many as `buffer` has; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, from source: CSVInput) throws(Failure) -> Int {
        while first == held, !hasEnded {
            bytes.removeSubrange(..<first)
            (first, held) = (0, 0)
            let count = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: buffer.count))
            let result: Result<Int, Failure> = bytes.withUnsafeMutableBytes { all in
                Result { () throws(Failure) in
                    try source.readAll(into: UnsafeMutableRawBufferPointer(rebasing: all[count...]))
                }
            }
            let added = try result.get()
            bytes.removeSubrange((count + added)...)
            hasEnded = added == 0
            held = startOfTail()
        }
        let count = min(held - first, buffer.count)
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[first..<first + count])) }
        first += count
        return count
    }

    /// The lines kept, once the end was reached.
    var tail: [[UInt8]] {
        bytes[held...].split { $0 == 10 || $0 == 13 }.map { Array($0.prefix(1 << 16)) }.filter { $0 != [0x1A] }
    }

    /// Where the last lines begin of what is there now: never before where they began of less.
    private func startOfTail() -> Int {
        let least = max(0, bytes.count - Self.limit)
        var at = bytes.count
        for _ in 0..<lines {
            while at > least, bytes[at - 1] == 10 || bytes[at - 1] == 13 || bytes[at - 1] == 0x1A { at -= 1 }
            while at > least, bytes[at - 1] != 10, bytes[at - 1] != 13 { at -= 1 }
        }
        return at
    }
}
