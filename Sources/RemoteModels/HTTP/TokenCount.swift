import Records

extension JSONValue {
    /// A number of tokens as a server tells it: 0 to a thousand million, so that no sum or price of one overflows; nil for anything else.
    var tokenCount: Int? { integer.flatMap { (0...1_000_000_000).contains($0) ? Int($0) : nil } }
}
