/// The texts of one field in records that follow each other. At least 64 bytes can be read from where a text starts.
struct FieldRun {
    let base: UnsafePointer<UInt8>
    /// Of record i: the field starts behind `slots[i * stride]` and ends before `slots[i * stride + 1]`.
    let slots: UnsafePointer<Int32>
    let stride: Int
    /// Of record i: 1 where it has a doubled quote.
    let doubled: UnsafePointer<UInt8>
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
        let place = slots + record &* stride
        let start = Int(place[0]) &+ 1, count = Int(place[1]) &- start
        if Int(base[start]) != quote || count == 0 { return Text(bytes: base + start, count: count, mayBeDoubled: false) }
        return Text(bytes: base + start + 1, count: count &- 2, mayBeDoubled: doubled[record] != 0)
    }
}
