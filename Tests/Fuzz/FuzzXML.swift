import Connectors
import Records

private let fuzzed = FuzzedFile()
private let columns = ["a", "@b", "a/@b", ".", "../c", "a | b | 'x'"].enumerated().map { index, path in
    FeedColumn(field: Field("c\(index)", .string, optional: true), source: path)
}
private let rows = ["//r", "d/r", "*/*", "//r[@b]"]

/// The first three bytes choose the path of rows, the size of blocks and that of the buffer; the others are the document.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 3 else { return 0 }
    fuzzed.write(UnsafeBufferPointer(start: data + 3, count: count - 3))
    let options: [String: ParameterValue] = ["rows": .text(rows[Int(data[0]) & 3])]
    let whole = FuzzedReading(XMLFormat.self, fuzzed.file, columns, options, blockRows: 1_000, bufferBytes: 1 << 16)
    let cut = FuzzedReading(
        XMLFormat.self, fuzzed.file, columns, options, blockRows: Int(data[1]) & 7 + 1, bufferBytes: Int(data[2]) + 1)
    precondition(whole.agrees(with: cut), "the reading depends on the buffer: \(whole) \(cut)")
    return 0
}
