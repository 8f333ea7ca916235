/// The texts of one field in records that follow each other. At least 64 bytes can be read from where a text starts.
struct FieldRun {
    let base: UnsafePointer<UInt8>
    /// Of record i: the field starts behind `ends[i * stride]` and ends before `ends[i * stride + 1]`.
    let ends: UnsafePointer<Int32>
    let stride: Int
    /// The last field of a record, which a carriage return may follow.
    let isLast: Bool
    /// A bit for each byte from `base[origin]`: the second quote of two.
    let doubled: UnsafePointer<UInt64>
    let origin: Int
    /// Around a whole field, and no part of its text; -1 for none.
    let quote: Int

    struct Text {
        let bytes: UnsafePointer<UInt8>
        let count: Int
        /// It may have doubled quotes, of which one is meant.
        let mayBeDoubled: Bool
    }

    @inline(__always)
    subscript(_ record: Int) -> Text {
        let place = ends + record &* stride
        let start = Int(place[0]) &+ 1
        var count = Int(place[1]) &- start
        if isLast, count > 0, base[start &+ count &- 1] == 13 { count &-= 1 }
        if Int(base[start]) != quote || count == 0 { return Text(bytes: base + start, count: count, mayBeDoubled: false) }
        return Text(bytes: base + start + 1, count: count &- 2, mayBeDoubled: hasDoubled(start &+ 1, count &- 2))
    }

    @inline(__always)
    private func hasDoubled(_ start: Int, _ count: Int) -> Bool {
        if count > 64 { return true }
        let place = start &- origin
        let bit = UInt64(place & 63)
        let bits = doubled[place >> 6] &>> bit | doubled[place >> 6 &+ 1] << (64 &- bit)
        return bits & ~(UInt64.max << UInt64(count)) != 0
    }
}
