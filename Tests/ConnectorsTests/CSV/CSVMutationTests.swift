import Connectors
import Foundation
import PipelineTesting
import Records
import Testing

/// Damaged files: thousands in `make test`, ten thousand and more where PIPELINE_TEST_ALL is set.
@Suite struct CSVMutationTests {
    private static let isSlow = ProcessInfo.processInfo.environment["PIPELINE_TEST_ALL"] != nil
    private static let document = Array(
        "id,name,amount\n1,plain,2.5\n2,\"quoted, \"\"twice\"\"\r\nand broken\",1\r\n\n3,é€😀,-4\n4,,0\n5,\"x\",7e3\n".utf8)

    private func check(seed: UInt64, format: any FeedFormat.Type = CSVFormat.self) -> FeedMutationCheck {
        FeedMutationCheck(
            format, document: Self.document,
            columns: [
                FeedColumn(field: Field("id", .int64), source: "id"),
                FeedColumn(field: Field("name", .string, optional: true), source: "name"),
                FeedColumn(field: Field("amount", .float64), source: "amount"),
            ], tokens: FeedMutation.csvTokens, seed: seed)
    }

    @Test("of any damaged file, accepted and rejected rows are those read, wherever buffers are cut")
    func damaged() throws { #expect(try check(seed: 1).differences(rounds: Self.isSlow ? 10_000 : 1_000) == []) }

    @Test("damaged files of every dialect are read to the end", arguments: DialectCase.all)
    func dialects(_ test: DialectCase) throws {
        let check = FeedMutationCheck(
            CSVFormat.self, document: Array((test.text + test.text).utf8),
            columns: test.columns.map { FeedColumn(field: Field($0, .string, optional: true), source: $0) }, options: test.options,
            tokens: FeedMutation.csvTokens, seed: 77)
        #expect(try check.differences(rounds: Self.isSlow ? 2_000 : 60) == [])
    }

    @Test("the same seed gives the same damage, another one another")
    func seeded() {
        let all = (0..<200).map { FeedMutation(of: Self.document, seed: $0, tokens: FeedMutation.csvTokens) }
        #expect(all[7].bytes == FeedMutation(of: Self.document, seed: 7, tokens: FeedMutation.csvTokens).bytes)
        #expect(Set(all.map(\.bytes)).count > 190)
        #expect(FeedMutation(of: [], seed: 1, tokens: []).bytes.isEmpty == false)
    }

    @Test("the check notices a reader that hides a reject")
    func negativeControl() throws {
        #expect(try check(seed: 1, format: RejectHiding.self).differences(rounds: 100).isEmpty == false)
    }
}

/// The CSV reader without its rejects.
private enum RejectHiding: FeedFormat {
    static var definition: Definition { CSVFormat.definition }

    final class Reader: FeedReader {
        private let inner: any FeedReader

        init(_ inner: any FeedReader) { self.inner = inner }

        func next() throws(Failure) -> FeedBlock? {
            try inner.next().map { FeedBlock(batch: $0.batch, rejects: [], end: $0.end) }
        }
    }

    static func reader(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) -> any FeedReader {
        Reader(
            try CSVFormat.reader(
                of: file, columns: columns, options: options, from: position, blockRows: blockRows, bufferBytes: bufferBytes))
    }
}
