/// Check digits of the numbers that carry them; digits are ASCII bytes.
enum CheckDigits {
    /// ISO/IEC 7812-1: every second digit from the right but one is doubled; the sum of all digits is a multiple of 10.
    static func luhn(_ digits: some BidirectionalCollection<UInt8>) -> Bool {
        var (sum, doubled) = (0, false)
        for digit in digits.reversed() {
            let value = Int(digit) - 48
            sum += doubled ? (value > 4 ? value * 2 - 9 : value * 2) : value
            doubled.toggle()
        }
        return sum % 10 == 0
    }

    /// The Individual Number of Japan (order 85 of the Ministry of Internal Affairs, 2014, article 5): with P the digits from the right
    /// without the last, 11 - (sum P n Q n mod 11), Q n = n + 1 up to the sixth and n - 5 after it; 0 where the remainder is 0 or 1.
    static func myNumber(_ digits: [UInt8]) -> Bool {
        guard digits.count == 12 else { return false }
        var sum = 0
        for place in 1...11 { sum += (Int(digits[11 - place]) - 48) * (place <= 6 ? place + 1 : place - 5) }
        let rest = sum % 11
        return Int(digits[11]) - 48 == (rest <= 1 ? 0 : 11 - rest)
    }

    /// ISO 13616: the first four characters moved to the end, letters as 10 to 35, modulo 97 is 1. Letters in either case.
    static func iban(_ characters: [UInt8]) -> Bool {
        guard characters.count >= 15, characters.count <= 34, let length = ibanLength(characters[0] & 0xDF, characters[1] & 0xDF),
            length == characters.count
        else { return false }
        var rest = 0
        for index in characters.indices {
            let byte = characters[(index + 4) % characters.count]
            if byte < 58 { rest = (rest * 10 + Int(byte) - 48) % 97 } else { rest = (rest * 100 + Int(byte & 0xDF) - 55) % 97 }
        }
        return rest == 1
    }

    /// Characters of an IBAN by country, from the registry of SWIFT (release 99); nil = a country without.
    static func ibanLength(_ first: UInt8, _ second: UInt8) -> Int? { lengths[UInt16(first) << 8 | UInt16(second)] }

    private static let lengths: [UInt16: Int] = {
        let table = """
            NO15 BE16 DK18 FI18 FK18 FO18 GL18 NL18 SD18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 MN20 XK20 CH21 HR21 LI21 LV21 BG22 \
            BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 OM23 SO23 TL23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 \
            SK24 TN24 VG24 LY25 PT25 IS26 TR26 BI27 DJ27 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 GT28 HN28 HU28 LB28 \
            NI28 PL28 SV28 BR29 EG29 PS29 QA29 JO30 KW30 MU30 UA29 YE30 LC32 SC31 MT31 ST25 RU33
            """
        var lengths: [UInt16: Int] = [:]
        for entry in table.split(separator: " ") {
            let bytes = Array(entry.utf8)
            lengths[UInt16(bytes[0]) << 8 | UInt16(bytes[1])] = Int(entry.dropFirst(2))
        }
        return lengths
    }()
}
