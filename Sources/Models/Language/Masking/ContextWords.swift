/// What the words around a number say it is.
enum NumberContext: UInt8 {
    case phone, card, ssn, myNumber, passport
    /// A number of something else: an order, a postal code, a licence.
    case other
}

/// The words that name a number, in English, Japanese, German, French, Spanish and Italian.
struct ContextWords: Sendable {
    private var latin: [UInt64: NumberContext] = [:]
    /// Words without blanks around them, by their first three bytes; the longest first.
    private var joined: [UInt32: [(bytes: [UInt8], context: NumberContext)]] = [:]
    /// Bytes before a number that are looked at.
    static let reach = 56

    private static let lists: [(NumberContext, String)] = [
        (
            .phone,
            """
            phone phones telephone tel call calls called calling mobile cell cellphone fax desk office answering reach dial ring sms \
            whatsapp message messages hotline landline handy telefon telefonnummer rufnummer mobil anrufen téléphone portable appeler \
            teléfono móvil llamar telefono cellulare chiamare 電話 携帯 連絡先 テレフォン ファックス ファクス 内線 でんわ ケータイ
            """
        ),
        (
            .card,
            """
            card cards cc creditcard credit debit visa mastercard amex maestro pan karte kreditkarte carte tarjeta carta カード クレジット デビット
            """
        ),
        (.ssn, "ssn social ssns"),
        (.myNumber, "mynumber マイナンバー 個人番号"),
        (.passport, "passport passports reisepass passeport pasaporte passaporto パスポート 旅券"),
        (
            .other,
            """
            order orders invoice licence license driver zip postcode postal ticket reference ref account parcel tracking serial imei isbn \
            ean sku bestellung rechnung commande facture pedido ordine 注文 伝票 管理番号 追跡 請求 会員 口座番号 郵便 商品 製品 シリアル 問い合わせ番号
            """
        ),
    ]

    init() {
        for (context, list) in Self.lists {
            for word in list.split(separator: " ") {
                let bytes = Array(word.utf8)
                if bytes[0] >= 0xE3 {
                    joined[Self.head(bytes, 0), default: []].append((bytes, context))
                } else {
                    latin[Self.hash(bytes, 0..<bytes.count)] = context
                }
            }
        }
        for key in joined.keys { joined[key]?.sort { $0.bytes.count > $1.bytes.count } }
        // Two words in Latin text.
        latin[Self.hash(Array("my number".utf8), 0..<9)] = .myNumber
    }

    private static func head(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2])
    }

    private static func hash(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in range {
            let byte = bytes[index]
            value = (value ^ UInt64(byte >= 65 && byte <= 90 ? byte | 32 : byte)) &* 0x0000_0100_0000_01b3
        }
        return value
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0xC3 && byte <= 0xC9 || byte >= 0x80 && byte < 0xC0 || (byte | 32) >= 97 && (byte | 32) <= 122
    }

    /// The last word that names a number before `end`, or nil.
    func before(_ end: Int, from start: Int, in bytes: [UInt8]) -> NumberContext? { last(in: max(start, end - Self.reach)..<end, bytes) }

    /// What stands right behind a number: `-Office`, ` (mobile)`, ` fax`.
    func after(_ start: Int, to end: Int, in bytes: [UInt8]) -> NumberContext? {
        var at = start
        while at < end, at < start + 3, bytes[at] == 32 || bytes[at] == 45 || bytes[at] == 40 { at += 1 }
        var stop = at
        while stop < end, stop < at + 12, Self.isWord(bytes[stop]) { stop += 1 }
        return at < stop ? latin[Self.hash(bytes, at..<stop)] : nil
    }

    private func last(in range: Range<Int>, _ bytes: [UInt8]) -> NumberContext? {
        var found: NumberContext?
        var at = range.lowerBound
        // Not from the middle of a word or of a character.
        while at > 0, at < range.upperBound, bytes[at] & 0xC0 == 0x80 { at += 1 }
        var previous = -1
        while at < range.upperBound {
            let byte = bytes[at]
            if byte >= 0xE3 {
                if at + 2 < range.upperBound, let words = joined[Self.head(bytes, at)] {
                    for (word, context) in words where at + word.count <= range.upperBound {
                        if bytes[at..<at + word.count].elementsEqual(word) {
                            found = context
                            break
                        }
                    }
                }
                at += 3
            } else if Self.isWord(byte) {
                let start = at
                while at < range.upperBound, bytes[at] < 0xE0, Self.isWord(bytes[at]) { at += 1 }
                if let context = latin[Self.hash(bytes, start..<at)] { found = context }
                if previous >= 0, start - previous <= 7, let context = latin[Self.hash(bytes, previous..<at)] { found = context }
                previous = start
            } else {
                at += 1
            }
        }
        return found
    }
}
