/// What a stretch of text gives away about a person or a system.
public enum SensitiveKind: String, CaseIterable, Sendable, Codable {
    case email = "EMAIL"
    case phone = "PHONE"
    case iban = "IBAN"
    case card = "CARD"
    case ip = "IP"
    case ssn = "SSN"
    case myNumber = "MY_NUMBER"
    case passport = "PASSPORT"
    case name = "NAME"
    case secret = "SECRET"
    /// A whole column that is marked personal.
    case field = "FIELD"
    /// A text that looks like one of our own pseudonyms: masked too, or it would be put back as somebody else's value.
    case pseudonym = "TOKEN"
}

/// A stretch of UTF-8 text that must not leave the machine in the clear.
public struct SensitiveSpan: Hashable, Sendable {
    public var kind: SensitiveKind
    /// Byte offsets.
    public var range: Range<Int>

    public init(kind: SensitiveKind, range: Range<Int>) { (self.kind, self.range) = (kind, range) }
}
