import Records

/// The bytes of a gzip file, unpacked: member after member.
///
/// Used by one thread at a time; which one may change when another has waited for it to end.
final class InflatedStream {
    /// Set once no byte follows because the stream is damaged there.
    var damage: ByteSource.Damage? { outputStart == outputEnd ? fault : nil }

    private let file: InputFile
    private var fileOffset: Int64 = 0
    private var inflater = Inflater()
    /// Since the fast decoder met damage.
    private var exact: ExactInflater?
    private var hasReadMember = false
    private var isAtEnd = false
    /// Bytes given, and how many of them the exact decoder has still to pass.
    private var given: Int64 = 0
    private var skipping: Int64 = 0
    /// What is wrong behind the bytes unpacked.
    private var fault: ByteSource.Damage?
    // Compressed bytes not yet taken, and unpacked bytes not yet given. Their sizes are fixed: how much of a damaged stream can be unpacked
    // must not depend on who reads it.
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private var (inputStart, inputEnd) = (0, 0)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    private var (outputStart, outputEnd) = (0, 0)
    /// The last step filled its output: there may be more to give without any input.
    private var mayHoldOutput = false

    init(_ file: InputFile) { self.file = file }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        while outputStart == outputEnd, fault == nil, !isAtEnd { try unpack() }
        let count = min(buffer.count, outputEnd - outputStart)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[outputStart..<(outputStart + count)]))
        outputStart += count
        given += Int64(count)
        return count
    }

    /// One step into `output`, all of which has been given.
    private func unpack() throws(Failure) {
        (outputStart, outputEnd) = (0, 0)
        if inputStart == inputEnd, !mayHoldOutput {
            inputStart = 0
            inputEnd = try file.read(into: input, at: fileOffset)
            fileOffset += Int64(inputEnd)
            if inputEnd == 0 {
                isAtEnd = true
                if !(exact?.isBetweenMembers ?? inflater.isBetweenMembers) { fault = .brokenOff }
                return
            }
        }
        let pending = UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd])
        let result = exact?.step(pending, output) ?? inflater.step(pending, output)
        switch result.step {
        case .going: break
        case .memberEnd: hasReadMember = true
        case .notGzip where hasReadMember: fault = .trailing
        case .notGzip, .corrupt(nil): if exact == nil { return readAgain() } else { fault = .corrupt("its header is not gzip's") }
        case .corrupt(let reason?): fault = .corrupt(reason)
        }
        inputStart += result.taken
        mayHoldOutput = result.made == output.count
        outputEnd = result.made
        let known = min(outputEnd, Int(min(skipping, Int64(Int.max))))
        outputStart = known
        skipping -= Int64(known)
    }

    /// From the start, exactly, without giving again what has been given: what stands before damage must not depend on the processor.
    private func readAgain() {
        exact = ExactInflater()
        (fileOffset, inputStart, inputEnd, mayHoldOutput, hasReadMember) = (0, 0, 0, false, false)
        skipping = given
    }
}
