import Models

/// Words that name no matter: a closed list, so that whether a sentence says anything hangs on nothing that is learnt.
package enum Courtesy {
    private static let words: Set<String> = Set(
        """
        a about again all also am an and any anybody anyone are as at be because been but by can cannot cant could d did do does doesnt doing done dont \
        else for from get give go going good got had has have hello help here hey hi how i id if im in into is isnt it its ive just kindly know let like ll \
        m make many matter may me might much must my need no not now of off ok okay on one or our out please possible problem question re really regards \
        right s say see should so some somebody someone something sorry sure t tell thank thanks that thats the their them then there these they thing \
        things think this those to too understand up us ve very want was we well were what whats when where which who why will wish with wont would wrong \
        yes you your advise happen happened happening issue deal fix explain wonder wondering morning afternoon evening dear sir madam hope greetings
        """.split(whereSeparator: \.isWhitespace).map(String.init))
    /// Of Japanese, which no blanks part: whole sentences, without their signs.
    private static let sentences: Set<String> = [
        "こんにちは", "こんばんは", "おはようございます", "お世話になっております", "お世話になります", "よろしくお願いします", "よろしくお願いいたします", "宜しくお願いします", "お願いします",
        "教えてください", "教えて下さい", "助けてください", "ありがとうございます", "ありがとうございました", "どうすればいいですか", "どうしたらいいですか", "どうすればよいですか", "なぜですか",
        "どうしてですか", "何が起きていますか", "すみません",
    ]

    private static let plain = PlainWordTable(words)

    /// Whether a sentence has no other words.
    package static func isAll(_ sentence: String) -> Bool { PlainText.read(sentence) { isAll($0) } ?? isAllByCharacters(sentence) }

    private static func isAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var word = PlainWord(), isEmpty = true
        for byte in bytes where byte != 39 {
            if PlainText.isLetter(byte) || PlainText.isDigit(byte) {
                word.append(PlainText.lower(byte))
                isEmpty = false
            } else if word.count > 0 {
                guard plain.value(of: word) != nil else { return false }
                word = PlainWord()
            }
        }
        return !isEmpty && (word.count == 0 || plain.value(of: word) != nil)
    }

    /// The same for a sentence of any script.
    package static func isAllByCharacters(_ sentence: String) -> Bool {
        var word = "", isEmpty = true
        func isKnown() -> Bool { word.isEmpty || words.contains(word) }
        for scalar in sentence.lowercased().unicodeScalars where scalar != "'" && scalar != "\u{2019}" {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                guard scalar.isASCII else { return sentences.contains(sentence.filter { $0.isLetter || $0 == "ー" }) }
                word.unicodeScalars.append(scalar)
                isEmpty = false
            } else {
                guard isKnown() else { return false }
                word = ""
            }
        }
        return !isEmpty && isKnown()
    }
}
