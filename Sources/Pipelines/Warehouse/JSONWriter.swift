public import Records

/// JSON written straight to bytes, the same text that `JSONValue.json` gives; for what is made by the thousand. Commas come by themselves.
///
/// ```swift
/// json.beginObject()
/// json.name("title")
/// json.text("last ten transactions")
/// json.endObject()
/// ```
public struct JSONWriter: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity = 4_096
    /// Bytes written.
    public private(set) var count = 0
    private var needsComma = false

    public init() { start = .allocate(capacity: capacity) }

    deinit { start.deallocate() }

    /// Everything written.
    public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    /// Starts again, in the same memory.
    mutating func removeAll() { (count, needsComma) = (0, false) }

    /// Ends a text: what follows is another one, whatever stands before it in the buffer.
    mutating func endDocument() -> Int {
        needsComma = false
        return count
    }

    // MARK: Structure

    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Of the member that the next value belongs to.
    public mutating func name(_ name: String) {
        text(name)
        byte(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Values

    public mutating func null() {
        comma()
        raw("null")
    }

    public mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { self.text($0) }
    }

    /// UTF-8 as it is but for what RFC 8259 demands escaped: quotes, backslashes and control characters.
    public mutating func text(_ utf8: UnsafeBufferPointer<UInt8>) {
        comma()
        reserve(6 * utf8.count + 2)
        start[count] = UInt8(ascii: "\"")
        count += 1
        for byte in utf8 {
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                start[count] = byte
                count += 1
            } else {
                escape(byte)
            }
        }
        start[count] = UInt8(ascii: "\"")
        count += 1
    }

    /// As text: `"2018-08-08T12:34:56Z"`.
    public mutating func text(_ time: Timestamp) {
        beginText()
        raw(time)
        endText()
    }

    /// As text: `"25.00 EUR"`.
    public mutating func text(_ money: Money) {
        beginText()
        raw(amount: money.minor, exponent: money.currency.exponent)
        byte(UInt8(ascii: " "))
        raw(money.currency.code)
        endText()
    }

    /// As text: `"12"`.
    public mutating func text(_ integer: Int64) {
        beginText()
        raw(integer)
        endText()
    }

    /// As text with so many decimals: `"-0.50"`; what is no finite number of fewer than 16 digits as Swift writes it.
    public mutating func text(_ number: Float, decimals: Int) {
        beginText()
        raw(number, decimals: decimals)
        endText()
    }

    // MARK: Pieces of one text; nothing is escaped

    mutating func beginText() {
        comma()
        byte(UInt8(ascii: "\""))
    }

    mutating func endText() { byte(UInt8(ascii: "\"")) }

    mutating func raw(_ text: String) {
        var text = text
        text.withUTF8 { raw($0) }
    }

    mutating func raw(_ utf8: UnsafeBufferPointer<UInt8>) {
        guard let from = utf8.baseAddress else { return }
        reserve(utf8.count)
        (start + count).update(from: from, count: utf8.count)
        count += utf8.count
    }

    mutating func raw(_ integer: Int64) {
        if integer < 0 { byte(UInt8(ascii: "-")) }
        digits(integer.magnitude, width: 1)
    }

    /// Minor units with the currency's decimals: `1234.50`.
    mutating func raw(amount minor: Int64, exponent: Int) {
        guard exponent > 0 else { return raw(minor) }
        if minor < 0 { byte(UInt8(ascii: "-")) }
        let units: UInt64 = exponent == 2 ? 100 : 1_000
        digits(minor.magnitude / units, width: 1)
        byte(UInt8(ascii: "."))
        digits(minor.magnitude % units, width: exponent)
    }

    mutating func raw(_ number: Float, decimals: Int) {
        var (unit, integer) = (1.0, UInt64(1))
        for _ in 0..<decimals { (unit, integer) = (unit * 10, integer * 10) }
        guard abs(Double(number)) * unit < 1e15 else { return raw("\(number)") }
        let whole = Int64((Double(number) * unit).rounded()).magnitude
        if number < 0, whole > 0 { byte(UInt8(ascii: "-")) }
        digits(whole / integer, width: 1)
        guard decimals > 0 else { return }
        byte(UInt8(ascii: "."))
        digits(whole % integer, width: decimals)
    }

    /// As `Timestamp.iso8601`.
    mutating func raw(_ time: Timestamp) {
        let parts = time.parts
        digits(UInt64(parts.year.magnitude), width: 4)
        part(UInt8(ascii: "-"), parts.month)
        part(UInt8(ascii: "-"), parts.day)
        part(UInt8(ascii: "T"), parts.hour)
        part(UInt8(ascii: ":"), parts.minute)
        part(UInt8(ascii: ":"), parts.second)
        if parts.microsecond != 0 {
            byte(UInt8(ascii: "."))
            digits(UInt64(parts.microsecond), width: 6)
        }
        byte(UInt8(ascii: "Z"))
    }

    private mutating func part(_ mark: UInt8, _ number: Int) {
        byte(mark)
        digits(UInt64(number), width: 2)
    }

    /// At least `width` digits.
    private mutating func digits(_ number: UInt64, width: Int) {
        reserve(20)
        var (length, rest) = (1, number / 10)
        while rest > 0 {
            length += 1
            rest /= 10
        }
        length = max(length, width)
        rest = number
        for place in stride(from: count + length - 1, through: count, by: -1) {
            start[place] = UInt8(48 + rest % 10)
            rest /= 10
        }
        count += length
    }

    // MARK: Bytes

    private mutating func comma() {
        if needsComma { byte(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ mark: UInt8) {
        comma()
        byte(mark)
        needsComma = false
    }

    private mutating func close(_ mark: UInt8) {
        byte(mark)
        needsComma = true
    }

    private mutating func byte(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    private mutating func escape(_ byte: UInt8) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
        start[count] = UInt8(ascii: "\\")
        count += 1
        switch byte {
        case 0x0A: start[count] = UInt8(ascii: "n")
        case 0x0D: start[count] = UInt8(ascii: "r")
        case 0x09: start[count] = UInt8(ascii: "t")
        case 0..<0x20:
            for (offset, value) in [UInt8(ascii: "u"), 48, 48, digit(byte >> 4), digit(byte & 15)].enumerated() {
                start[count + offset] = value
            }
            count += 4
        default: start[count] = byte
        }
        count += 1
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        (start, capacity) = (moved, larger)
    }
}

extension JSONWriter {
    /// Begins a table of evidence; its rows follow, each an array of texts.
    public mutating func beginTable(_ title: String, columns: [String]) {
        beginObject()
        name("title")
        text(title)
        name("columns")
        texts(columns)
        name("rows")
        beginArray()
    }

    public mutating func endTable() {
        endArray()
        endObject()
    }

    public mutating func texts(_ texts: [String]) {
        beginArray()
        for value in texts { text(value) }
        endArray()
    }

    /// An array of tables.
    public mutating func evidence(_ tables: [Evidence]) {
        beginArray()
        for table in tables {
            beginTable(table.title, columns: table.columns)
            for row in table.rows { texts(row) }
            endTable()
        }
        endArray()
    }
}
