import CZlib

/// zlib's state for reading gzip, members one after another: slower than ``Inflater``, and exact about where damage begins and what it is.
final class ExactInflater {
    private let stream: UnsafeMutablePointer<z_stream>
    /// No byte of the present member has been taken yet.
    private(set) var isBetweenMembers = true

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for a gzip wrapper alone: zlib then checks header, CRC and length. It fails only without memory.
        let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not start")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Takes from `input` and writes to `output` until one is used up or a member ends; says how much of both.
    func step(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (taken: Int, made: Int, step: InflationStep) {
        // zlib's type is not const, but it does not write to its input.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let status = inflate(stream, Z_NO_FLUSH)
        let taken = input.count - Int(stream.pointee.avail_in), made = output.count - Int(stream.pointee.avail_out)
        if taken > 0 { isBetweenMembers = false }
        switch status {
        case Z_OK, Z_BUF_ERROR: return (taken, made, .going)
        case Z_STREAM_END:
            inflateReset(stream)
            isBetweenMembers = true
            return (taken, made, .memberEnd)
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "code \(status)"
            return (taken, made, reason == "incorrect header check" ? .notGzip : .corrupt(reason))
        }
    }
}
