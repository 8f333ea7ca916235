import Records

/// Gives the rows of a document in blocks.
final class XMLReader: FeedReader {
    /// Those of the plan: the feed's columns and their companions.
    private let columns: [FeedColumn]
    private let parser: XMLParser
    private let sink: XMLRowSink
    private let rows: XMLRowsPath
    private let document: String?
    private var isAtEnd = false

    /// - Throws: a file that cannot be opened, or a column that cannot be read as declared.
    init(
        of file: FeedFile, columns: [FeedColumn], plan: XMLPlan, document: String?, from position: FeedPosition, blockRows: Int,
        bufferBytes: Int
    ) throws(Failure) {
        self.columns = FeedColumn.read(columns)
        self.document = document
        rows = plan.rows
        sink = XMLRowSink(
            file: file.name, builder: try BatchBuilder(columns: columns, capacity: blockRows), blockRows: blockRows, from: position)
        parser = try XMLParser(file, bufferBytes: bufferBytes, plans: [(plan, sink)])
        if parser.isDecoded { sink.decoded = parser.input }
    }

    func next() throws(Failure) -> FeedBlock? {
        while true {
            if let block = sink.next { return block }
            if isAtEnd { return nil }
            let problem = try parser.step { piece in
                sink.source.append(piece)
                sink.hasUndecodable = parser.hasUndecodable
            }
            if let problem { throw failure(problem) }
            if let document, let root = parser.machines[0].root, root != document {
                throw .xmlOtherDocument(root, expected: document, place: parser.name)
            }
            forgetSource()
            if parser.isAtEnd { try end() }
        }
    }

    private func forgetSource() {
        let machine = parser.machines[0]
        if machine.isRecoded {
            sink.source.forgetAll()
        } else {
            sink.source.forget(before: machine.offset, rowStart: machine.rowStart)
        }
        if parser.isDecoded { parser.input.forget(before: min(machine.offset, machine.rowStart ?? .max)) }
    }

    private func end() throws(Failure) {
        isAtEnd = true
        if let fault = parser.fault {
            sink.breakOff(line: fault.line, offset: parser.machines[0].rowStart, found: fault.found, expected: fault.expected)
        } else {
            if sink.rows < sink.skip { throw .xmlFileShorter(parser.name, rows: sink.rows, expected: sink.skip) }
            try checkRows()
        }
        sink.finishBlock()
    }

    /// A document without rows is right (a statement of a quiet day), unless even the element around them is not there.
    private func checkRows() throws(Failure) {
        guard !parser.machines[0].hasRows else { return }
        let watch = parser.machines[0].watch
        if let other = watch.otherNamespace {
            throw .xmlNamespace(other.local, namespace: other.uri, expected: other.expected, place: "\(parser.name):\(other.line)")
        }
        if let next = watch.missingStep { throw .xmlRowsNotFound(rows.text, next: next, place: parser.name, names: watch.names) }
    }

    private func failure(_ problem: XMLOrderProblem) -> Failure {
        switch problem {
        case .lateValue(let column, let line):
            .xmlValueAfterRow(column: columns[column].field.name, source: columns[column].source, place: "\(parser.name):\(line)")
        case .lateCondition(let line): .xmlConditionAfterRow(rows.text, place: "\(parser.name):\(line)")
        }
    }
}
