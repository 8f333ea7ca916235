import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension FaultyFileSystem {
    private typealias Handle = UnsafeMutablePointer<sqlite3_file>

    /// Version 2: with shared memory for the write-ahead log, without memory maps, which would write past this layer.
    static func fileMethods() -> sqlite3_io_methods {
        var methods = sqlite3_io_methods()
        methods.iVersion = 2
        methods.xClose = { file in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xClose(own)
        }
        methods.xRead = { file, buffer, count, offset in FaultyFileSystem.read(file!, buffer!, Int(count), Int(offset)) }
        methods.xWrite = { file, buffer, count, offset in FaultyFileSystem.write(file!, buffer!, Int(count), Int(offset)) }
        methods.xTruncate = { file, size in FaultyFileSystem.truncate(file!, Int(size)) }
        methods.xSync = { file, flags in FaultyFileSystem.sync(file!, flags) }
        methods.xFileSize = { file, size in
            if let held = FaultyFileSystem.held(file!) {
                size?.pointee = sqlite3_int64(held.bytes.count)
                return SQLITE_OK
            }
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xFileSize(own, size)
        }
        addLocks(to: &methods)
        return methods
    }

    private static func addLocks(to methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xLock(own, level)
        }
        methods.xUnlock = { file, level in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xUnlock(own, level)
        }
        methods.xCheckReservedLock = { file, result in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xCheckReservedLock(own, result)
        }
        methods.xFileControl = { file, operation, argument in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xFileControl(own, operation, argument)
        }
        methods.xSectorSize = { file in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xSectorSize(own)
        }
        // Nothing is promised of the device: no atomic writes, no power-safe overwrites.
        methods.xDeviceCharacteristics = { _ in 0 }
        methods.xShmMap = { file, page, size, extends, result in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xShmMap(own, page, size, extends, result)
        }
        methods.xShmLock = { file, offset, count, flags in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xShmLock(own, offset, count, flags)
        }
        methods.xShmBarrier = { file in
            let own = FaultyFileSystem.wrapped(file!)
            own.pointee.pMethods.pointee.xShmBarrier(own)
        }
        methods.xShmUnmap = { file, removes in
            let own = FaultyFileSystem.wrapped(file!)
            return own.pointee.pMethods.pointee.xShmUnmap(own, removes)
        }
    }

    private static func read(_ file: Handle, _ buffer: UnsafeMutableRawPointer, _ count: Int, _ offset: Int) -> Int32 {
        guard let held = held(file) else {
            let own = wrapped(file)
            return own.pointee.pMethods.pointee.xRead(own, buffer, Int32(count), sqlite3_int64(offset))
        }
        let there = max(0, min(count, held.bytes.count - offset))
        if there > 0 { held.bytes.withUnsafeBytes { buffer.copyMemory(from: $0.baseAddress! + offset, byteCount: there) } }
        guard there < count else { return SQLITE_OK }
        (buffer + there).initializeMemory(as: UInt8.self, repeating: 0, count: count - there)
        return SQLITE_IOERR | (2 << 8)  // SQLITE_IOERR_SHORT_READ
    }

    private static func write(_ file: Handle, _ buffer: UnsafeRawPointer, _ count: Int, _ offset: Int) -> Int32 {
        let own = wrapped(file)
        guard isCounted(file) else { return own.pointee.pMethods.pointee.xWrite(own, buffer, Int32(count), sqlite3_int64(offset)) }
        switch step(isWrite: true) {
        case .full: return SQLITE_FULL
        case .tear:
            _ = own.pointee.pMethods.pointee.xWrite(own, buffer, Int32(count / 2), sqlite3_int64(offset))
            die()
        case .flip: return writeFlipped(own, buffer, count, offset)
        case .halve:
            return own.pointee.pMethods.pointee.xWrite(own, buffer, Int32(count / 2), sqlite3_int64(offset))
        case .go, .lie: break
        }
        guard let held = held(file) else {
            return own.pointee.pMethods.pointee.xWrite(own, buffer, Int32(count), sqlite3_int64(offset))
        }
        if held.bytes.count < offset + count { held.bytes += [UInt8](repeating: 0, count: offset + count - held.bytes.count) }
        held.bytes.withUnsafeMutableBytes { ($0.baseAddress! + offset).copyMemory(from: buffer, byteCount: count) }
        return SQLITE_OK
    }

    private static func writeFlipped(_ own: Handle, _ buffer: UnsafeRawPointer, _ count: Int, _ offset: Int) -> Int32 {
        var bytes = [UInt8](UnsafeRawBufferPointer(start: buffer, count: count))
        bytes[count / 2] ^= 0x10
        return bytes.withUnsafeBytes { own.pointee.pMethods.pointee.xWrite(own, $0.baseAddress!, Int32(count), sqlite3_int64(offset)) }
    }

    private static func truncate(_ file: Handle, _ size: Int) -> Int32 {
        let own = wrapped(file)
        if isCounted(file) { _ = step(isWrite: false) }
        guard let held = held(file) else { return own.pointee.pMethods.pointee.xTruncate(own, sqlite3_int64(size)) }
        if size < held.bytes.count { held.bytes.removeLast(held.bytes.count - size) }
        return SQLITE_OK
    }

    private static func sync(_ file: Handle, _ flags: Int32) -> Int32 {
        let own = wrapped(file)
        if isCounted(file), step(isWrite: false) == .lie { return SQLITE_OK }
        guard let held = held(file) else { return own.pointee.pMethods.pointee.xSync(own, flags) }
        let methods = own.pointee.pMethods.pointee
        var at = 0
        while at < held.bytes.count {
            let part = min(1 << 20, held.bytes.count - at)
            let code = held.bytes.withUnsafeBytes { methods.xWrite(own, $0.baseAddress! + at, Int32(part), sqlite3_int64(at)) }
            guard code == SQLITE_OK else { return code }
            at += part
        }
        let code = methods.xTruncate(own, sqlite3_int64(held.bytes.count))
        return code == SQLITE_OK ? methods.xSync(own, flags) : code
    }
}
