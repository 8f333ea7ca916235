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
    private var hasReadMember = false
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
        if outputStart == outputEnd {
            (outputStart, outputEnd) = (0, 0)
            outputEnd = try unpacked()
        }
        let count = min(buffer.count, outputEnd - outputStart)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: output[outputStart..<(outputStart + count)]))
        outputStart += count
        return count
    }

    /// Bytes written to the start of `output`, 0 at the end.
    private func unpacked() throws(Failure) -> Int {
        while fault == nil {
            if inputStart == inputEnd, !mayHoldOutput {
                inputStart = 0
                inputEnd = try file.read(into: input, at: fileOffset)
                fileOffset += Int64(inputEnd)
                if inputEnd == 0 {
                    if !inflater.isBetweenMembers { fault = .brokenOff }
                    return 0
                }
            }
            let pending = UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd])
            let result = inflater.step(pending, output)
            inputStart += result.taken
            mayHoldOutput = result.made == output.count
            switch result.step {
            case .going: break
            case .memberEnd: hasReadMember = true
            case .notGzip: fault = hasReadMember ? .trailing : .corrupt("its header is not gzip's")
            case .corrupt(let reason): fault = .corrupt(reason)
            }
            if result.made > 0 { return result.made }
        }
        return 0
    }
}
