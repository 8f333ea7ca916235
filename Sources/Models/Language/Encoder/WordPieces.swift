import Foundation
import Records

/// A text as the pieces of words that an encoder of the BERT kind knows: lower case, without accents, words and signs apart, each word the
/// longest pieces from its start (J. Devlin et al., arXiv 1810.04805; Y. Wu et al., arXiv 1609.08144).
struct WordPieces {
    private let pieces: [String: Int32]
    private let start: Int32
    private let end: Int32
    private let unknown: Int32
    /// Longer words are unknown.
    private static let mostCharacters = 100

    /// - Parameter tokenizer: a `tokenizer.json` of kind WordPiece.
    /// - Throws: another kind, one that keeps case, or one without its marks.
    init(_ tokenizer: [UInt8], size: Int) throws(Failure) {
        guard let model = JSONValue(parsing: String(decoding: tokenizer, as: UTF8.self)),
            let members = model["model"]?["vocab"]?.members, model["model"]?["continuing_subword_prefix"]?.string == "##"
        else { throw .encoderFile("tokenizer.json", found: "no word pieces", expected: "a tokenizer of kind WordPiece") }
        guard model["normalizer"]?["type"]?.string == "BertNormalizer", model["normalizer"]?["lowercase"]?.boolean == true else {
            throw .encoderFile("tokenizer.json", found: "a tokenizer that keeps case", expected: "one in lower case (uncased)")
        }
        var pieces: [String: Int32] = [:]
        for member in members {
            guard let place = member.value.integer, (0..<Int64(size)).contains(place) else {
                throw .encoderFile("tokenizer.json", found: "a piece without a place", expected: "places below \(size)")
            }
            pieces[member.name] = Int32(place)
        }
        guard let start = pieces["[CLS]"], let end = pieces["[SEP]"], let unknown = pieces["[UNK]"] else {
            throw .encoderFile("tokenizer.json", found: "a mark is missing", expected: "[CLS], [SEP] and [UNK]")
        }
        (self.pieces, self.start, self.end, self.unknown) = (pieces, start, end, unknown)
    }

    /// With the marks of start and end.
    ///
    /// - Parameter most: of all; what a longer text has beyond it is left out.
    func places(of text: String, most: Int) -> [Int32] {
        var places = [start]
        for word in Self.words(of: text) {
            guard places.count < most - 1 else { break }
            places += self.places(ofWord: word)
        }
        if places.count > most - 1 { places.removeSubrange((most - 1)...) }
        places.append(end)
        return places
    }

    private func places(ofWord word: [Unicode.Scalar]) -> [Int32] {
        guard word.count <= Self.mostCharacters else { return [unknown] }
        var places: [Int32] = []
        var from = 0
        while from < word.count {
            var to = word.count
            var found: Int32?
            while to > from, found == nil {
                var piece = from == 0 ? "" : "##"
                piece.unicodeScalars.append(contentsOf: word[from..<to])
                found = pieces[piece]
                if found == nil { to -= 1 }
            }
            guard let found else { return [unknown] }
            places.append(found)
            from = to
        }
        return places
    }

    static func words(of text: String) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = []
        var word: [Unicode.Scalar] = []
        func close() {
            if !word.isEmpty { words.append(word) }
            word.removeAll()
        }
        for scalar in plain(text) {
            if scalar.properties.isWhitespace {
                close()
            } else if isSign(scalar) || isIdeograph(scalar) {
                close()
                words.append([scalar])
            } else {
                word.append(scalar)
            }
        }
        close()
        return words
    }

    /// Lower case without accents and control characters.
    private static func plain(_ text: String) -> [Unicode.Scalar] {
        var cleaned = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                cleaned.unicodeScalars.append(" ")
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .privateUse, .surrogate, .unassigned: continue
            default: if scalar.value != 0xFFFD { cleaned.unicodeScalars.append(scalar) }
            }
        }
        let lowered = cleaned.lowercased()
        guard !lowered.utf8.allSatisfy({ $0 < 0x80 }) else { return Array(lowered.unicodeScalars) }
        return lowered.decomposedStringWithCanonicalMapping.unicodeScalars.filter { $0.properties.generalCategory != .nonspacingMark }
    }

    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: return true
        case 0..<128: return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            return true
        default: return false
        }
    }

    /// Characters of Chinese and Japanese that stand alone.
    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2CEAF, 0x2F800...0x2FA1F: true
        default: false
        }
    }
}
