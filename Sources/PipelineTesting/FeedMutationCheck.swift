public import Connectors
import Foundation
public import Records

/// Reads thousands of damaged copies of a document and says what a reader must never do with one.
///
/// Of each copy: accepted + rejected = read; the end is reached in as many steps as there are bytes; what is kept is bounded by what was
/// read; a failure is one that says its code; and nothing depends on where the buffer is cut or on how many records a block has.
///
/// ```swift
/// let check = FeedMutationCheck(CSVFormat.self, document: …, columns: […], tokens: FeedMutation.csvTokens)
/// #expect(try check.differences(rounds: 1_000) == [])
/// ```
public struct FeedMutationCheck {
    public var format: any FeedFormat.Type
    public var options: [String: ParameterValue]
    public var columns: [FeedColumn]
    public var document: [UInt8]
    public var tokens: [[UInt8]]
    /// Seed of the first round; each round adds one.
    public var seed: UInt64

    public init(
        _ format: any FeedFormat.Type, document: [UInt8], columns: [FeedColumn], options: [String: ParameterValue] = [:],
        tokens: [[UInt8]], seed: UInt64 = 1
    ) {
        (self.format, self.document, self.columns, self.options) = (format, document, columns, options)
        (self.tokens, self.seed) = (tokens, seed)
    }

    /// Everything that was not as it must be, with the seed and the damage; empty for a sound reader. At most 20 texts.
    ///
    /// Every fifth copy is damaged as gzip.
    /// - Throws: a temporary folder that cannot be written.
    public func differences(rounds: Int) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("feed-mutation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("document")
        let file = FeedFile(path: url.path, name: "document")
        let compressed = Gzip.compressed(document)
        var differences: [String] = []
        for round in 0..<rounds where differences.count < 20 {
            let seed = seed &+ UInt64(round)
            let mutation = FeedMutation(of: round % 5 == 4 ? compressed : document, seed: seed, tokens: tokens)
            try Data(mutation.bytes).write(to: url)
            var generator = SeededGenerator(seed: ~seed)
            let large = outcome(file, blockRows: 1_000, bufferBytes: 1 << 16)
            let small = outcome(
                file, blockRows: Int.random(in: 1...4, using: &generator), bufferBytes: Int.random(in: 1...40, using: &generator))
            for problem in large.problems + small.problems + Self.comparison(large, small) {
                differences.append("seed \(seed) (\(mutation.steps.joined(separator: ", "))): \(problem)")
            }
        }
        return differences
    }

    /// All that a reading gave, as far as it does not depend on blocks.
    private struct Outcome {
        var rows: [[String?]] = []
        var rejects: [Reject] = []
        var failure: String?
        var problems: [String] = []
    }

    private static func comparison(_ one: Outcome, _ other: Outcome) -> [String] {
        if one.failure != other.failure { return ["'\(one.failure ?? "read")' or '\(other.failure ?? "read")', depending on the buffer"] }
        // A failure in the middle takes the rest of its block with it.
        if one.failure != nil { return [] }
        if one.rows != other.rows { return ["the rows depend on the buffer: \(one.rows.count) or \(other.rows.count)"] }
        if one.rejects != other.rejects { return ["the rejects depend on the buffer: \(one.rejects.count) or \(other.rejects.count)"] }
        return []
    }

    private func outcome(_ file: FeedFile, blockRows: Int, bufferBytes: Int) -> Outcome {
        var outcome = Outcome()
        do {
            let reader = try format.reader(
                of: file, columns: columns, options: options, from: .start, blockRows: blockRows, bufferBytes: bufferBytes)
            var before = FeedPosition.start
            while let block = try reader.next() {
                check(block, after: before, blockRows: blockRows, &outcome)
                before = block.end
                for row in 0..<block.batch.count { outcome.rows.append(block.batch.columns.map { $0.text(row) }) }
                outcome.rejects += block.rejects
                if !outcome.problems.isEmpty { break }
            }
        } catch {
            outcome.failure = "\(error)"
            if error.code.isEmpty { outcome.problems.append("a failure without a code") }
        }
        return outcome
    }

    private func check(_ block: FeedBlock, after before: FeedPosition, blockRows: Int, _ outcome: inout Outcome) {
        if block.rowsRead == 0 || block.rowsRead > blockRows {
            outcome.problems.append("a block of \(blockRows) has \(block.rowsRead) records")
        }
        if block.end.row != before.row + Int64(block.rowsRead) {
            outcome.problems.append("\(block.rowsRead) records lead from row \(before.row) to row \(block.end.row)")
        }
        let numbers = (block.batch.rowNumbers + block.rejects.map(\.row)).sorted()
        if numbers != Array(before.row + 1..<before.row + 1 + Int64(block.rowsRead)) {
            outcome.problems.append("accepted and rejected rows are not those read after row \(before.row)")
        }
        // Without this a reader could go on for ever.
        if block.end.offset <= before.offset { outcome.problems.append("the offset does not grow: \(before.offset)") }
        for reject in block.rejects {
            if reject.raw.count > 1 << 16 { outcome.problems.append("a reject keeps \(reject.raw.count) bytes") }
            if reject.found.utf8.count > 200 { outcome.problems.append("a reject shows \(reject.found.utf8.count) bytes") }
        }
    }
}
