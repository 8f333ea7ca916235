import Foundation

/// A text in lower case, in usual width and without accents and invisible characters, so that `ＹＵＫＩ` and `Yuki` are one name; and the way
/// back to its characters.
struct FoldedCharacters {
    let characters: [Character]
    let scalars: [Unicode.Scalar]
    /// For each scalar the character that it came from.
    let places: [Int]

    init(_ text: String) {
        characters = Array(text)
        var (scalars, places): ([Unicode.Scalar], [Int]) = ([], [])
        for (place, character) in characters.enumerated() {
            for scalar in Self.folded(character) {
                scalars.append(scalar)
                places.append(place)
            }
        }
        (self.scalars, self.places) = (scalars, places)
    }

    static func fold(_ text: String) -> [Unicode.Scalar] { FoldedCharacters(text).scalars }

    private static func folded(_ character: Character) -> [Unicode.Scalar] {
        let plain = character.isASCII ? String(character) : String(character).decomposedStringWithCompatibilityMapping
        return plain.lowercased().unicodeScalars.filter { scalar in
            !(0x300...0x36F).contains(scalar.value) && !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    func has(_ value: [Unicode.Scalar], at start: Int, asWord: Bool) -> Bool {
        let end = start + value.count
        guard end <= scalars.count, scalars[start] == value[0], scalars[start..<end].elementsEqual(value) else { return false }
        return !asWord || !(start > 0 && Self.isOfWord(scalars[start - 1]) || end < scalars.count && Self.isOfWord(scalars[end]))
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    /// End of a pseudonym such as `<PHONE_2>` that begins here.
    func pseudonymEnd(_ start: Int) -> Int? {
        guard scalars[start] == "<" else { return nil }
        var (at, digits) = (start + 1, 0)
        while at < scalars.count, scalars[at].isASCII, characters[places[at]].isUppercase || scalars[at] == "_" { at += 1 }
        guard at > start + 2, scalars[at - 1] == "_" else { return nil }
        while at < scalars.count, scalars[at].isASCII, scalars[at].properties.numericType == .decimal {
            (at, digits) = (at + 1, digits + 1)
        }
        return digits > 0 && at < scalars.count && scalars[at] == ">" ? at + 1 : nil
    }
}
