import CLibXML2
import Records

/// Feeds a document to libxml2 in pieces and gives the rows in blocks.
///
/// The pieces have always the same size, whatever the read buffer's: where libxml2 notices a fault may depend on the piece, and the same
/// document must give the same rejects.
final class XMLReader: FeedReader {
    private let name: String
    private let rowsText: String
    private let rows: XMLRowsPath
    private let input: ByteSource
    private let readBytes: Int
    private let piece: UnsafeMutableRawBufferPointer
    private static let pieceBytes = 1 << 16
    private let context: xmlParserCtxtPtr
    private let machine: UnsafeMutablePointer<XMLRowMachine>
    private let sink: XMLRowSink
    private var isAtEnd = false

    init(
        of file: FeedFile, columns: [FeedColumn], rows: XMLRowsPath, rowsText: String, paths: [XMLColumnPath],
        from position: FeedPosition, blockRows: Int, bufferBytes: Int
    ) throws(Failure) {
        _ = Self.isInitialized
        (name, self.rowsText, self.rows) = (file.name, rowsText, rows)
        input = try ByteSource(file, bufferBytes: bufferBytes)
        readBytes = max(1, bufferBytes)
        sink = XMLRowSink(
            file: file.name, builder: try BatchBuilder(columns: columns, capacity: blockRows), blockRows: blockRows, from: position)
        machine = .allocate(capacity: 1)
        var handler = Self.handler
        guard let context = xmlCreatePushParserCtxt(&handler, machine, nil, 0, nil) else {
            machine.deallocate()
            throw .feedFileFailed(file.name, cause: "libxml2 has no memory for a parser")
        }
        self.context = context
        // NOENT makes libxml2 hand over `&amp;` in attributes decoded. It expands no other entity: a document that declares any is
        // refused at its DOCTYPE, and no handler that could look one up is set. HUGE stays off, and with it libxml2's limits on.
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
        machine.initialize(
            to: XMLRowMachine(context: context, trie: XMLPathTrie(rows: rows, columns: paths), isAnchored: rows.isAnchored, sink: sink))
        piece = .allocate(byteCount: Self.pieceBytes, alignment: 16)
    }

    deinit {
        xmlFreeParserCtxt(context)
        machine.pointee.deallocate()
        machine.deinitialize(count: 1)
        machine.deallocate()
        piece.deallocate()
    }

    func next() throws(Failure) -> FeedBlock? {
        while true {
            if let block = sink.next { return block }
            if isAtEnd { return nil }
            let count = try fill()
            try parse(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            if count < piece.count { try end() }
        }
    }

    /// Bytes of the next piece, which is full unless it is the last.
    private func fill() throws(Failure) -> Int {
        var count = 0
        while count < piece.count {
            let room = piece[count..<min(piece.count, count + readBytes)]
            let read = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: room))
            if read == 0 { break }
            count += read
        }
        return count
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        sink.source.append(bytes)
        xmlParseChunk(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), 0)
        if machine.pointee.isRecoded {
            sink.source.forgetAll()
        } else {
            sink.source.forget(before: machine.pointee.offset, rowStart: machine.pointee.isInRow ? machine.pointee.rowStart : nil)
        }
        if let error = machine.pointee.error { breakOff(line: error.line, found: error.found, expected: error.expected) }
    }

    /// After the last byte. That the stream is damaged counts more than that the document is therefore incomplete.
    private func end() throws(Failure) {
        guard !isAtEnd else { return }
        machine.pointee.isEnding = true
        xmlParseChunk(context, nil, 0, 1)
        if let damage = input.damage {
            breakOff(line: machine.pointee.error?.line ?? machine.pointee.line, found: damage.found, expected: damage.expected)
        } else if let error = machine.pointee.error {
            breakOff(line: error.line, found: error.found, expected: error.expected)
        } else {
            if sink.rows < sink.skip { throw .xmlFileShorter(name, rows: sink.rows, expected: sink.skip) }
            try checkRows()
            sink.finishBlock()
            isAtEnd = true
        }
    }

    private func breakOff(line: Int64, found: String, expected: String) {
        let offset = machine.pointee.isInRow ? machine.pointee.rowStart : nil
        sink.breakOff(line: line, offset: offset, found: found, expected: expected)
        sink.finishBlock()
        isAtEnd = true
    }

    /// A document without rows is right (a statement of a quiet day), unless even the element around them is not there.
    private func checkRows() throws(Failure) {
        guard sink.rows == 0, rows.isAnchored, machine.pointee.deepestLevel < rows.steps.count - 1 else { return }
        let names = machine.pointee.namesBelow.map { String(cString: $0) }
        throw .xmlRowsNotFound(rowsText, next: rows.steps[machine.pointee.deepestLevel].local, place: name, names: names)
    }

    private static let isInitialized: Bool = {
        xmlInitParser()
        return true
    }()

    // MARK: libxml2's events

    private static func machine(_ context: UnsafeMutableRawPointer) -> UnsafeMutablePointer<XMLRowMachine> {
        context.assumingMemoryBound(to: XMLRowMachine.self)
    }

    private static var handler: xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { context, local, _, namespace, _, _, count, _, attributes in
            guard let context, let local else { return }
            XMLReader.machine(context).pointee.start(local, namespace, Int(count), attributes)
        }
        handler.endElementNs = { context, _, _, _ in
            if let context { XMLReader.machine(context).pointee.end() }
        }
        let characters: charactersSAXFunc = { context, text, count in
            if let context, let text { XMLReader.machine(context).pointee.characters(text, Int(count)) }
        }
        // CDATA comes as characters where it has no handler of its own; equal handlers spare libxml2 a look at white space.
        handler.characters = characters
        handler.ignorableWhitespace = characters
        handler.internalSubset = { context, _, _, _ in
            guard let context else { return }
            let machine = XMLReader.machine(context)
            machine.pointee.stop(
                line: machine.pointee.line, found: "a document type declaration (DOCTYPE)", expected: "a document without one")
        }
        handler.serror = { context, error in
            guard let context, let error, error.pointee.level == XML_ERR_FATAL else { return }
            var message = error.pointee.message.map { String(cString: $0) } ?? "error \(error.pointee.code)"
            message = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
            XMLReader.machine(context).pointee.note(line: Int64(error.pointee.line), message: message)
        }
        return handler
    }
}
