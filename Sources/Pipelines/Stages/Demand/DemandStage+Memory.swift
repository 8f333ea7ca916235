public import Records

/// What the stage remembers, as bytes.
extension DemandStage {
    private enum Kind: UInt64 { case base = 1, log = 2 }

    public var stateBytes: Int { state.bytes + log.allocated }

    public func delta() -> [UInt8] {
        guard isLogging else { return base() }
        guard log.count > 24 else { return [] }
        log.seal()
        let bytes = log.bytes
        startLog()
        return bytes
    }

    public func base() -> [UInt8] {
        isLogging = true
        startLog()
        var writer = ByteWriter(capacity: 4_096)
        writer.word(Kind.base.rawValue)
        writer.word(settings.fingerprint)
        state.write(to: &writer)
        writer.seal()
        return writer.bytes
    }

    private func startLog() {
        log.removeAll()
        log.word(Kind.log.rawValue)
        log.word(settings.fingerprint)
        log.word(state.rowCount)
    }

    /// - Throws: bytes that are damaged, of another stage or other parameters, or deltas that do not follow one another.
    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        let stage = DemandSettings.stage, (history, addsRows) = (settings.history, settings.series.addsRows)
        var restored = DemandState(history: history, addsRows: addsRows)
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState(stage, found: "bytes that were damaged or cut") }
            let kind = Kind(rawValue: reader.word())
            guard let kind, reader.word() == settings.fingerprint else {
                throw .stageState(stage, found: "state of another stage, version or parameters")
            }
            switch kind {
            case .base: restored = DemandState(from: &reader, history: history, addsRows: addsRows)
            case .log:
                guard reader.word() == restored.rowCount else {
                    throw .stageState(stage, found: "a delta that does not follow the one before")
                }
                while !reader.isAtEnd, !reader.isBroken { restored.take(logged: &reader) }
            }
            guard reader.isAtEnd else { throw .stageState(stage, found: "bytes that were damaged or cut") }
        }
        state = restored
        isLogging = true
        startLog()
    }
}

extension DemandState {
    fileprivate mutating func take(logged reader: inout ByteReader) {
        let mark = reader.byte()
        switch mark {
        case 1:
            let name = Self.text(&reader)
            take(Self.stock(&reader), of: name)
        case 3: take(Self.planned(&reader))
        case 4: take(DemandOutside.row(&reader))
        case 5: take(external: Self.planned(&reader))
        case 6:
            let name = Self.text(&reader)
            take(Self.entry(&reader), of: name)
        default: _ = take(Self.row(&reader), keepsFirst: mark == 2)
        }
    }
}
