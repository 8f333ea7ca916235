extension Character {
    /// `isLetter`, told of ASCII without a look into tables.
    var isPlainLetter: Bool { asciiValue.map { ($0 | 32) &- 97 < 26 } ?? isLetter }
    /// `isNumber`, the same way.
    var isPlainNumber: Bool { asciiValue.map { $0 &- 48 < 10 } ?? isNumber }
}
