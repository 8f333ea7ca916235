import Records

/// The bytes of a gzip file, unpacked: member after member.
///
/// Used by one thread at a time; which one may change when another has waited for it to end.
final class InflatedStream {
    /// Set once no byte follows because the stream is damaged there.
    private(set) var damage: ByteSource.Damage?

    private let file: InputFile
    private var fileOffset: Int64 = 0
    private var inflater = Inflater()
    private var hasReadMember = false
    // Compressed bytes not yet taken.
    private let input: UnsafeMutableRawBufferPointer
    private var inputStart = 0
    private var inputEnd = 0
    /// The last step filled its output: it may have more to give without any input.
    private var mayHoldOutput = false

    init(_ file: InputFile, bufferBytes: Int) {
        self.file = file
        input = .allocate(byteCount: min(max(bufferBytes, 1), 1 << 18), alignment: 16)
    }

    deinit { input.deallocate() }

    /// Bytes written to the start of `buffer` (which is not empty), 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if damage != nil { return 0 }
        while true {
            if inputStart == inputEnd, !mayHoldOutput {
                inputStart = 0
                inputEnd = try file.read(into: input, at: fileOffset)
                fileOffset += Int64(inputEnd)
                if inputEnd == 0 {
                    if !inflater.isBetweenMembers { damage = .brokenOff }
                    return 0
                }
            }
            let pending = UnsafeRawBufferPointer(rebasing: input[inputStart..<inputEnd])
            let result = inflater.step(pending, buffer)
            inputStart += result.taken
            mayHoldOutput = result.made == buffer.count
            switch result.step {
            case .going: break
            case .memberEnd: hasReadMember = true
            case .notGzip:
                damage = hasReadMember ? .trailing : .corrupt("its header is not gzip's")
                return result.made
            case .corrupt(let reason):
                damage = .corrupt(reason)
                return result.made
            }
            if result.made > 0 { return result.made }
        }
    }
}
