import Connectors
import Glibc
import Records

/// A file whose content changes with every input.
struct FuzzedFile {
    let file: FeedFile
    private let descriptor: Int32

    init() {
        // Without a name, and reached through its descriptor.
        var name = Array("/tmp/pipeline-fuzz-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        unlink(name)
        file = FeedFile(path: "/proc/self/fd/\(descriptor)", name: "fuzz")
    }

    func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        ftruncate(descriptor, 0)
        pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
    }
}

/// All that a reading gave, as far as it does not depend on blocks.
struct FuzzedReading: Equatable {
    var rows: [[String?]] = []
    var rejects: [Reject] = []
    var failure: String?
    var firstEnd: FeedPosition?

    /// Reads a file to its end. Stops the process where a reader breaks its promises.
    init(
        _ format: any FeedFormat.Type, _ file: FeedFile, _ columns: [FeedColumn], _ options: [String: ParameterValue],
        from position: FeedPosition = .start, blockRows: Int, bufferBytes: Int
    ) {
        do throws(Failure) {
            let reader = try format.reader(
                of: file, columns: columns, options: options, from: position, blockRows: blockRows, bufferBytes: bufferBytes)
            var before = position
            while let block = try reader.next() {
                precondition(block.rowsRead > 0 && block.rowsRead <= blockRows, "a block of \(block.rowsRead) records")
                precondition(block.end.row == before.row + Int64(block.rowsRead), "accepted + rejected is not read")
                precondition(block.end.offset > before.offset, "the offset does not grow")
                for row in 0..<block.batch.count { rows.append(block.batch.columns.map { $0.text(row) }) }
                rejects += block.rejects
                if firstEnd == nil { firstEnd = block.end }
                before = block.end
            }
        } catch {
            failure = "\(error)"
        }
    }

    /// The same but for blocks.
    func agrees(with other: FuzzedReading) -> Bool {
        // A failure in the middle takes the rest of its block with it.
        failure == other.failure && (failure != nil || rows == other.rows && rejects == other.rejects)
    }
}
