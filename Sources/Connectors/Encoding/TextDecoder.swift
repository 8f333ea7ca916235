/// Turns bytes of an encoding into UTF-8, a piece at a time.
///
/// The work of a call depends on the bytes alone, never on where they are cut: a character that is not whole is left for the next call.
/// What cannot be decoded is given back to the caller, who decides what to write for it; nothing is replaced here.
package struct TextDecoder: Sendable {
    package enum Stop: UInt8, Sendable {
        /// All input is taken.
        case inputEnd
        /// The next character does not fit.
        case outputFull
        /// The input ends inside a character or an escape sequence.
        case incomplete
        /// The next bytes are no character: ``Step/undecodable`` of them.
        case undecodable
    }

    package struct Step: Sendable {
        /// Bytes of the input decoded, and bytes written.
        package var taken = 0
        package var made = 0
        package var stop = Stop.inputEnd
        /// After `taken`, so many bytes cannot be decoded; go on behind them.
        package var undecodable = 0
    }

    enum Family: UInt8, Sendable { case utf8, utf16LE, utf16BE, singleByte, shiftJIS, eucJP, iso2022JP }

    let family: Family
    let tables: CharacterTables
    /// Of ISO-2022-JP; the others have none.
    var shift = ShiftState.ascii

    /// - Parameter encoding: `utf16` counts as little-endian: the byte order is for the caller to find.
    package init(_ encoding: TextEncoding) {
        switch encoding {
        case .utf8: (family, tables) = (.utf8, .latin1)
        case .utf16, .utf16LE: (family, tables) = (.utf16LE, .latin1)
        case .utf16BE: (family, tables) = (.utf16BE, .latin1)
        case .latin1: (family, tables) = (.singleByte, .latin1)
        case .latin9: (family, tables) = (.singleByte, .latin9)
        case .windows1252: (family, tables) = (.singleByte, .windows1252)
        case .cp932: (family, tables) = (.shiftJIS, .cp932)
        case .eucJP: (family, tables) = (.eucJP, .eucJP)
        case .eucJPMS: (family, tables) = (.eucJP, .eucJPMS)
        case .iso2022JP: (family, tables) = (.iso2022JP, .eucJP)
        }
    }

    /// What a byte means depends on all bytes before it.
    var isStateful: Bool { family == .iso2022JP }

    /// Decodes until the input or the room ends, or something cannot be decoded.
    package mutating func decode(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        guard let source = input.baseAddress, let target = output.baseAddress, !input.isEmpty else { return Step() }
        var cursor = DecodingCursor(source: source, sourceEnd: source + input.count, target: target, targetEnd: target + output.count)
        var step = Step()
        switch family {
        case .utf8: step.stop = cursor.decodeUTF8(&step.undecodable)
        case .utf16LE: step.stop = cursor.decodeUTF16(swapped: false, &step.undecodable)
        case .utf16BE: step.stop = cursor.decodeUTF16(swapped: true, &step.undecodable)
        case .singleByte: step.stop = cursor.decodeSingleBytes(tables.singles, &step.undecodable)
        case .shiftJIS: step.stop = cursor.decodeShiftJIS(tables.singles, tables.pairs, &step.undecodable)
        case .eucJP: step.stop = cursor.decodeEUC(tables.pairs, tables.triples, &step.undecodable)
        case .iso2022JP: step.stop = cursor.decodeISO2022JP(tables.pairs, CharacterTables.eucJP.triples, &shift, &step.undecodable)
        }
        (step.taken, step.made) = (cursor.source - source, cursor.target - target)
        return step
    }
}

/// Where a decoder reads and writes. Bytes after `target` up to `targetEnd` may be overwritten with anything.
struct DecodingCursor {
    var source: UnsafePointer<UInt8>
    let sourceEnd: UnsafePointer<UInt8>
    var target: UnsafeMutablePointer<UInt8>
    let targetEnd: UnsafeMutablePointer<UInt8>

    /// Copies ASCII up to the first other byte, or as far as there is room.
    @inline(__always)
    mutating func copyASCII() {
        while sourceEnd - source >= 16, targetEnd - target >= 16 {
            let chunk = UnsafeRawPointer(source).loadUnaligned(as: SIMD16<UInt8>.self)
            UnsafeMutableRawPointer(target).storeBytes(of: chunk, as: SIMD16<UInt8>.self)
            let high = unsafeBitCast(chunk, to: SIMD2<UInt64>.self) & SIMD2(repeating: 0x8080_8080_8080_8080)
            let count: Int
            if high[0] != 0 {
                count = high[0].trailingZeroBitCount >> 3
            } else if high[1] != 0 {
                count = 8 + high[1].trailingZeroBitCount >> 3
            } else {
                source += 16
                target += 16
                continue
            }
            source += count
            target += count
            return
        }
        while source < sourceEnd, target < targetEnd, source.pointee < 0x80 {
            target.pointee = source.pointee
            source += 1
            target += 1
        }
    }

    /// Writes a table's entry of `length` input bytes; false when there is no room.
    @inline(__always)
    mutating func put(_ entry: UInt32, taking length: Int) -> Bool {
        let count = Int(entry >> 24)
        let room = targetEnd - target
        if room >= 4 {
            UnsafeMutableRawPointer(target).storeBytes(of: entry, as: UInt32.self)
        } else {
            guard room >= count else { return false }
            for index in 0..<count { target[index] = UInt8(truncatingIfNeeded: entry >> UInt32(index * 8)) }
        }
        target += count
        source += length
        return true
    }

    /// The next two bytes, the first one high. Two bytes are there.
    @inline(__always)
    var pair: Int { Int(UnsafeRawPointer(source).loadUnaligned(as: UInt16.self).bigEndian) }

    // MARK: Single bytes

    mutating func decodeSingleBytes(_ singles: UnsafePointer<UInt32>, _ undecodable: inout Int) -> TextDecoder.Stop {
        while source < sourceEnd {
            if source.pointee < 0x80 {
                copyASCII()
                if source < sourceEnd, target == targetEnd { return .outputFull }
                continue
            }
            let entry = singles[Int(source.pointee)]
            if entry == 0 {
                undecodable = 1
                return .undecodable
            }
            if !put(entry, taking: 1) { return .outputFull }
        }
        return .inputEnd
    }

    // MARK: Shift JIS and EUC

    /// Runs of pairs, the fast part: stops at anything that is no known pair, or near the end of input or room.
    @inline(__always)
    mutating func decodePairs(_ pairs: UnsafePointer<UInt32>) {
        while sourceEnd - source >= 2, targetEnd - target >= 4 {
            let entry = pairs[pair]
            if entry == 0 { return }
            UnsafeMutableRawPointer(target).storeBytes(of: entry, as: UInt32.self)
            target += Int(entry >> 24)
            source += 2
        }
    }

    mutating func decodeShiftJIS(
        _ singles: UnsafePointer<UInt32>, _ pairs: UnsafePointer<UInt32>, _ undecodable: inout Int
    ) -> TextDecoder.Stop {
        while source < sourceEnd {
            if source.pointee < 0x80 {
                copyASCII()
                if source == sourceEnd { break }
                if target == targetEnd { return .outputFull }
            }
            decodePairs(pairs)
            if source == sourceEnd { break }
            let byte = source.pointee
            if byte < 0x80 { continue }
            let single = singles[Int(byte)]
            if single != 0 {
                if !put(single, taking: 1) { return .outputFull }
                continue
            }
            let isLead = byte >= 0x81 && byte <= 0x9F || byte >= 0xE0 && byte <= 0xFC
            if isLead, sourceEnd - source < 2 { return .incomplete }
            let entry = isLead ? pairs[pair] : 0
            if entry == 0 {
                // A pair without a character is passed over whole; a lead byte before anything else is alone at fault.
                undecodable = isLead && source[1] >= 0x40 && source[1] <= 0xFC && source[1] != 0x7F ? 2 : 1
                return .undecodable
            }
            if !put(entry, taking: 2) { return .outputFull }
        }
        return .inputEnd
    }

    mutating func decodeEUC(
        _ pairs: UnsafePointer<UInt32>, _ triples: UnsafePointer<UInt32>, _ undecodable: inout Int
    ) -> TextDecoder.Stop {
        while source < sourceEnd {
            if source.pointee < 0x80 {
                copyASCII()
                if source == sourceEnd { break }
                if target == targetEnd { return .outputFull }
            }
            decodePairs(pairs)
            if source == sourceEnd { break }
            let byte = source.pointee
            if byte < 0x80 { continue }
            let length = byte == 0x8F ? 3 : byte == 0x8E || byte >= 0xA1 && byte != 0xFF ? 2 : 1
            var entry: UInt32 = 0
            undecodable = 1
            if length > 1 {
                guard sourceEnd - source >= 2 else { return .incomplete }
                let isTrail = source[1] >= 0xA1 && source[1] != 0xFF
                if length == 2 {
                    entry = pairs[pair]
                    if isTrail { undecodable = 2 }
                } else if isTrail {
                    guard sourceEnd - source >= 3 else { return .incomplete }
                    entry = triples[Int(source[1]) << 8 | Int(source[2])]
                    undecodable = source[2] >= 0xA1 && source[2] != 0xFF ? 3 : 2
                }
            }
            if entry == 0 { return .undecodable }
            undecodable = 0
            if !put(entry, taking: length) { return .outputFull }
        }
        undecodable = 0
        return .inputEnd
    }
}
