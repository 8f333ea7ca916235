import Connectors
public import Records

/// Text columns of a CSV file, read as the feeds are: for commands that work on a file instead of a job.
public struct TextColumns: Sendable {
    /// One array of texts a column asked for, empty where a value is missing.
    public let columns: [[String]]
    public var count: Int { columns.first?.count ?? 0 }

    /// - Throws: a file or a column that is not there; the first record that cannot be read.
    public init(path: String, columns names: [String]) throws(Failure) {
        let feed = names.map { FeedColumn(field: Field($0, .string, optional: true), source: $0) }
        let reader: any FeedReader
        do throws(Failure) {
            reader = try CSVFormat.reader(
                of: FeedFile(path: path, name: path), columns: feed, options: [:], from: .start, blockRows: 4_096, bufferBytes: 1 << 16)
        } catch {
            // Worded for feeds of a job, which there is none of here.
            var failure = error
            (failure.kind, failure.remedy) = (.usage, "Name another file or column on the command line.")
            throw failure
        }
        var columns = [[String]](repeating: [], count: names.count)
        while let block = try reader.next() {
            if let reject = block.rejects.first {
                throw Failure(
                    .failed, code: "text-file.record", what: "a record cannot be read", place: "\(path):\(reject.line)",
                    found: reject.found, expected: reject.expected, remedy: "Mend the file; nothing of it was used.")
            }
            for (index, column) in block.batch.columns.enumerated() {
                for row in 0..<block.batch.count { columns[index].append(column.string(row) ?? "") }
            }
        }
        self.columns = columns
    }
}
