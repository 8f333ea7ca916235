import CLibXML2
import Records

/// Feeds a document to libxml2 in pieces; one or several row machines follow its events.
///
/// The pieces have always the same size, whatever the read buffer's: where libxml2 notices a fault may depend on the piece, and the same
/// document must give the same rejects.
///
/// Nothing but the document is ever read: no handler that could look up an entity or a file is set, a document type declaration may name
/// an external subset (which is not fetched), and one that declares anything itself is refused, as are references to entities that are
/// not XML's own five.
final class XMLParser {
    let name: String
    let context: xmlParserCtxtPtr
    let machines: UnsafeMutableBufferPointer<XMLRowMachine>
    /// The document in UTF-8 where it is decoded here, else as it is.
    let input: DecodedSource
    /// Bytes that are no text stand as DEL in the text; some did.
    private(set) var hasUndecodable = false
    private let readBytes: Int
    private let piece: UnsafeMutableRawBufferPointer
    private let shared: UnsafeMutablePointer<XMLMachines>
    /// Bytes since the parser last got on.
    private var waiting = 0
    private var reached: Int64 = -1
    private(set) var isAtEnd = false
    /// Why the rest cannot be read.
    private(set) var fault: XMLFault?

    private static let pieceBytes = 1 << 16
    /// Of one tag. libxml2 compares all attributes of a tag with each other.
    private static let tagLimit = 1 << 18

    init(_ file: FeedFile, bufferBytes: Int, plans: [(plan: XMLPlan, receiver: XMLRowReceiver)]) throws(Failure) {
        _ = Self.isInitialized
        name = file.name
        let encoding = try XMLEncodings(of: file).encoding
        input = try DecodedSource(file, encoding: encoding, bufferBytes: max(1, bufferBytes))
        readBytes = max(1, bufferBytes)
        shared = .allocate(capacity: 1)
        var handler = plans.count == 1 ? Self.handler : Self.handlerOfMany
        machines = .allocate(capacity: plans.count)
        let userData = plans.count == 1 ? UnsafeMutableRawPointer(machines.baseAddress) : UnsafeMutableRawPointer(shared)
        guard let context = xmlCreatePushParserCtxt(&handler, userData, nil, 0, nil) else {
            machines.deallocate()
            shared.deallocate()
            throw .feedFileFailed(file.name, cause: "libxml2 has no memory for a parser")
        }
        self.context = context
        // NOENT makes libxml2 hand over `&amp;` in attributes decoded; no other entity is ever known. HUGE stays off, and with it
        // libxml2's limits on.
        let decoded = encoding == nil ? 0 : XML_PARSE_IGNORE_ENC.rawValue
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue | decoded))
        for (index, part) in plans.enumerated() {
            machines.initializeElement(at: index, to: XMLRowMachine(context: context, plan: part.plan, receiver: part.receiver))
        }
        shared.initialize(to: XMLMachines(all: machines))
        piece = .allocate(byteCount: Self.pieceBytes, alignment: 16)
    }

    deinit {
        xmlFreeParserCtxt(context)
        for index in machines.indices { machines[index].deallocate() }
        machines.deinitialize().deallocate()
        shared.deallocate()
        piece.deallocate()
    }

    /// The next piece of the document through the parser; its bytes first to `seen`.
    /// - Throws: a file that cannot be read; paths that ask what the document's order does not allow.
    func step(_ seen: (UnsafeRawBufferPointer) -> Void) throws(Failure) -> XMLOrderProblem? {
        let count = try fill()
        let bytes = UnsafeRawBufferPointer(rebasing: piece[..<count])
        seen(bytes)
        xmlParseChunk(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(count), 0)
        limitTag(count)
        if let problem = problem { return problem }
        if let error = error {
            stop(error)
        } else if count < piece.count {
            finish()
        }
        return problem
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
        if isDecoded { mask(count) }
        return count
    }

    /// Decoded here, not by libxml2.
    var isDecoded: Bool { input.encoding != .utf8 }

    /// A byte that stands for what could not be decoded would end the document; as DEL it is found again in the value that it is in.
    private func mask(_ count: Int) {
        for index in 0..<count where piece[index] == 0xFF {
            piece[index] = 0x7F
            hasUndecodable = true
        }
    }

    /// After the last byte. That the stream is damaged counts more than that the document is therefore incomplete.
    private func finish() {
        for index in machines.indices { machines[index].isEnding = true }
        xmlParseChunk(context, nil, 0, 1)
        if let damage = input.damage {
            stop(XMLFault(line: error?.line ?? machines[0].line, found: damage.found, expected: damage.expected))
        } else if let error = error {
            stop(error)
        } else {
            isAtEnd = true
        }
    }

    private func stop(_ fault: XMLFault) {
        self.fault = fault
        isAtEnd = true
    }

    private var error: XMLFault? { machines.lazy.compactMap(\.error).first }

    private var problem: XMLOrderProblem? { machines.lazy.compactMap(\.failure).first }

    /// The parser waits for the end of a tag: it must not wait for ever.
    private func limitTag(_ count: Int) {
        guard let input = context.pointee.input, let base = input.pointee.base, let at = input.pointee.cur else { return }
        let place = Int64(input.pointee.consumed) + Int64(at - base)
        waiting = place == reached ? waiting + count : 0
        reached = place
        guard waiting > Self.tagLimit, let end = input.pointee.end, end - at > 1, at[0] == UInt8(ascii: "<") else { return }
        // Comments and processing instructions have libxml2's own limit.
        if at[1] == UInt8(ascii: "!") || at[1] == UInt8(ascii: "?") { return }
        machines[0].stop(line: machines[0].line, found: "a tag that is endless", expected: "tags of at most 256 KiB")
    }

    private static let isInitialized: Bool = {
        xmlInitParser()
        return true
    }()
}

/// The rest of a document cannot be read.
struct XMLFault {
    var line: Int64
    var found: String
    var expected: String
}

/// What several machines share as libxml2's user data.
struct XMLMachines {
    let all: UnsafeMutableBufferPointer<XMLRowMachine>
}

// MARK: - libxml2's events

extension XMLParser {
    private static func machine(_ context: UnsafeMutableRawPointer) -> UnsafeMutablePointer<XMLRowMachine> {
        context.assumingMemoryBound(to: XMLRowMachine.self)
    }

    private static func all(_ context: UnsafeMutableRawPointer) -> UnsafeMutableBufferPointer<XMLRowMachine> {
        context.assumingMemoryBound(to: XMLMachines.self).pointee.all
    }

    fileprivate static var handler: xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { context, local, _, namespace, _, _, count, _, attributes in
            guard let context, let local else { return }
            XMLParser.machine(context).pointee.start(local, namespace, Int(count), attributes)
        }
        handler.endElementNs = { context, _, _, _ in
            if let context { XMLParser.machine(context).pointee.end() }
        }
        let characters: charactersSAXFunc = { context, text, count in
            if let context, let text { XMLParser.machine(context).pointee.characters(text, Int(count)) }
        }
        // CDATA comes as characters where it has no handler of its own; equal handlers spare libxml2 a look at white space.
        handler.characters = characters
        handler.ignorableWhitespace = characters
        handler.internalSubset = { context, name, external, system in
            if let context { XMLParser.checkDocumentType(XMLParser.machine(context)) }
        }
        handler.entityDecl = { context, _, _, _, _, _ in
            if let context { XMLParser.refuseDeclaration(XMLParser.machine(context)) }
        }
        handler.reference = { context, name in
            if let context { XMLParser.refuseReference(XMLParser.machine(context), name) }
        }
        handler.serror = { context, error in
            if let context, let error { XMLParser.note(error.pointee, XMLParser.machine(context)) }
        }
        return handler
    }

    fileprivate static var handlerOfMany: xmlSAXHandler {
        var handler = handler
        handler.startElementNs = { context, local, _, namespace, _, _, count, _, attributes in
            guard let context, let local else { return }
            for index in XMLParser.all(context).indices {
                XMLParser.all(context)[index].start(local, namespace, Int(count), attributes)
            }
        }
        handler.endElementNs = { context, _, _, _ in
            guard let context else { return }
            for index in XMLParser.all(context).indices { XMLParser.all(context)[index].end() }
        }
        let characters: charactersSAXFunc = { context, text, count in
            guard let context, let text else { return }
            for index in XMLParser.all(context).indices { XMLParser.all(context)[index].characters(text, Int(count)) }
        }
        handler.characters = characters
        handler.ignorableWhitespace = characters
        handler.internalSubset = { context, name, external, system in
            if let machine = context.flatMap({ XMLParser.all($0).baseAddress }) { XMLParser.checkDocumentType(machine) }
        }
        handler.entityDecl = { context, _, _, _, _, _ in
            if let machine = context.flatMap({ XMLParser.all($0).baseAddress }) { XMLParser.refuseDeclaration(machine) }
        }
        handler.reference = { context, name in
            if let machine = context.flatMap({ XMLParser.all($0).baseAddress }) { XMLParser.refuseReference(machine, name) }
        }
        handler.serror = { context, error in
            if let error, let machine = context.flatMap({ XMLParser.all($0).baseAddress }) { XMLParser.note(error.pointee, machine) }
        }
        return handler
    }

    /// Called where the declaration ends, or its own declarations begin.
    fileprivate static func checkDocumentType(_ machine: UnsafeMutablePointer<XMLRowMachine>) {
        guard let input = machine.pointee.context.pointee.input, let at = input.pointee.cur, at.pointee == UInt8(ascii: "[") else { return }
        refuseDeclaration(machine)
    }

    fileprivate static func refuseDeclaration(_ machine: UnsafeMutablePointer<XMLRowMachine>) {
        machine.pointee.stop(
            line: machine.pointee.line, found: "declarations in the document type (DOCTYPE)", expected: "a document without them")
    }

    fileprivate static func refuseReference(_ machine: UnsafeMutablePointer<XMLRowMachine>, _ name: UnsafePointer<xmlChar>?) {
        let name = name.map { String(cString: $0) } ?? ""
        machine.pointee.stop(line: machine.pointee.line, found: "a reference to the entity '\(name)'", expected: "XML's own five entities")
    }

    fileprivate static func note(_ error: xmlError, _ machine: UnsafeMutablePointer<XMLRowMachine>) {
        // With an external subset an unknown entity is only an error that could be lived with; its text would be missing.
        let isUnknownEntity = error.code == XML_WAR_UNDECLARED_ENTITY.rawValue || error.code == XML_ERR_UNDECLARED_ENTITY.rawValue
        guard error.level == XML_ERR_FATAL || isUnknownEntity else { return }
        let message = error.message.map { String(cString: $0) } ?? ""
        let phrase = XMLMessage.phrase(
            code: error.code, message: message, isBreakingOff: machine.pointee.isEnding && machine.pointee.isInElement)
        if isUnknownEntity {
            machine.pointee.stop(line: Int64(error.line), found: phrase, expected: "XML's own five entities")
        } else {
            machine.pointee.note(line: Int64(error.line), found: phrase, expected: "a well-formed XML document")
        }
    }
}
