import Connectors
import Records

private let fuzzed = FuzzedFile()
private let columns = [
    FeedColumn(field: Field("a", .int64, optional: true), source: "1"), FeedColumn(field: Field("b", .string), source: "2"),
]
private let encodings = ["utf-8", "cp932", "utf-16", "euc-jp", "iso-2022-jp", "windows-1252", "utf-8", "utf-8"]
private let delimiters = [",", ";", "tab", "blanks"]
private let quotes = ["normal", "strict", "lenient", "literal"]
private let ragged = ["reject", "pad", "cut", "pad-and-cut"]

/// The first four bytes choose the dialect, the size of blocks and that of the buffer; the others are the file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 4 else { return 0 }
    let (one, two, three, four) = (Int(data[0]), Int(data[1]), Int(data[2]), Int(data[3]))
    fuzzed.write(UnsafeBufferPointer(start: data + 4, count: count - 4))
    var options: [String: ParameterValue] = [
        "header": .bool(false), "delimiter": .text(delimiters[one & 3]), "quotes": .text(quotes[one >> 2 & 3]),
        "ragged": .text(ragged[one >> 4 & 3]), "encoding": .text(encodings[two & 7]), "skip": .integer(two >> 3 & 1),
        "trailer-lines": .integer(two >> 4 & 3),
    ]
    if one & 64 != 0 { options["escape"] = .text("backslash") }
    if one & 128 != 0 { options["comment"] = .text("#") }
    if two & 64 != 0 { options["trailer"] = .text("T,") }
    let whole = FuzzedReading(CSVFormat.self, fuzzed.file, columns, options, blockRows: 1_000, bufferBytes: 1 << 16)
    let cut = FuzzedReading(CSVFormat.self, fuzzed.file, columns, options, blockRows: three & 7 + 1, bufferBytes: four + 1)
    precondition(whole.agrees(with: cut), "the reading depends on the buffer: \(whole) \(cut)")
    if let place = cut.firstEnd, whole.failure == nil {
        let rest = FuzzedReading(CSVFormat.self, fuzzed.file, columns, options, from: place, blockRows: 1_000, bufferBytes: four + 1)
        precondition(rest.failure == nil && whole.rejects.suffix(rest.rejects.count) == rest.rejects[...], "resumed: \(rest) of \(whole)")
        precondition(whole.rows.suffix(rest.rows.count) == rest.rows[...], "resumed: \(rest) of \(whole)")
        let read = Int64(whole.rows.count + whole.rejects.count)
        precondition(Int64(rest.rows.count + rest.rejects.count) == read - place.row, "resumed: \(rest) of \(whole)")
    }
    return 0
}
