public import Records

/// Bytes of the state: the newest time, then units, then logs. A unit is written whole, or as the readings that came behind the others since
/// it was last written: a fleet whose machines report in turn changes all units in every block, but each by a few readings only.
extension MaintenanceStage {
    public var stateBytes: Int { units.values.reduce(0) { $0 + $1.history.bytes + 16 } + logs.values.reduce(0) { $0 + $1.bytes + 16 } }

    public func delta() -> [UInt8] {
        defer { (changed, changedLogs) = ([], []) }
        guard !changed.isEmpty || !changedLogs.isEmpty else { return [] }
        return written(changed.filter { units[$0] != nil }.sorted(), logs: changedLogs.sorted(), isDelta: true)
    }

    /// Units not seen for twice `forget` are left out: they would start anew anyway, whatever comes late.
    public func base() -> [UInt8] {
        (changed, changedLogs) = ([], [])
        let longest = 2 * settings.forget
        units = units.filter { newest - ($0.value.history.last ?? newest) <= longest }
        return written(units.keys.sorted(), logs: logs.keys.sorted(), isDelta: false)
    }

    private func written(_ keys: [UInt64], logs logKeys: [UInt64], isDelta: Bool) -> [UInt8] {
        var writer = ByteWriter()
        writer.signed(newest)
        writer.varint(UInt64(width))
        writer.varint(UInt64(keys.count))
        for key in keys {
            guard let unit = units[key] else { continue }
            writer.word(key)
            let isAddition = isDelta && unit.history.additions != nil
            writer.byte(isAddition ? 1 : 0)
            if isAddition { unit.history.writeAdditions(to: &writer) } else { unit.history.write(to: &writer) }
            unit.history.isWritten()
        }
        if settings.events != nil {
            writer.varint(kindsDigest)
            writer.varint(UInt64(logKeys.count))
            for key in logKeys {
                writer.word(key)
                logs[key]?.write(to: &writer)
            }
        }
        writer.seal()
        return writer.bytes
    }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored: [UInt64: Unit] = [:], restoredLogs: [UInt64: UnitEvents] = [:]
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
            newest = reader.signed()
            guard reader.varint() == UInt64(width) else { throw .stageState("maintenance", found: "state of another number of sensors") }
            for _ in 0..<reader.count(of: 9) {
                let key = reader.word(), isAddition = reader.byte() == 1
                if isAddition {
                    guard let unit = restored[key] else { throw .stageState("maintenance", found: "readings of a unit that is not there") }
                    unit.history.readAdditions(&reader)
                } else {
                    restored[key] = Unit(UnitHistory(&reader, width: width))
                }
            }
            if settings.events != nil {
                guard reader.varint() == kindsDigest else { throw .stageState("maintenance", found: "state of other kinds of events") }
                for _ in 0..<reader.count(of: 9) {
                    let key = reader.word()
                    restoredLogs[key] = UnitEvents(&reader)
                }
            }
            guard reader.isAtEnd else { throw .stageState("maintenance", found: "bytes that were damaged or cut") }
        }
        for unit in restored.values {
            unit.history.rest()
            unit.history.compact()
        }
        (units, changed, logs, changedLogs) = (restored, [], restoredLogs, [])
    }
}
