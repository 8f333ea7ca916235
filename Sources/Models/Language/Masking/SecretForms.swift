/// Keys and passwords, by how issuers write them, by what is written before them, or by how little they look like words.
struct SecretForms: Sendable {
    private struct Form: Sendable {
        var prefix: [UInt8]
        /// Letters, digits, `_` and `-` that follow, at least.
        var least: Int
    }

    private let forms: [Form] = [
        ("AKIA", 16), ("ASIA", 16), ("AIza", 30), ("ghp_", 30), ("gho_", 30), ("ghs_", 30), ("ghu_", 30), ("github_pat_", 40),
        ("glpat-", 20), ("sk-", 20), ("sk_live_", 16), ("sk_test_", 16), ("rk_live_", 16), ("pk_live_", 16), ("xoxb-", 20), ("xoxp-", 20),
        ("xoxa-", 20), ("hf_", 30), ("npm_", 30), ("dop_v1_", 40), ("SG.", 40), ("ABSK", 40),
    ].map { Form(prefix: Array($0.0.utf8), least: $0.1) }
    /// Written before a secret, with `:`, `=` or ` is ` in between.
    private let labels: [[UInt8]] = [
        "password", "passwd", "pwd", "passphrase", "passcode", "secret", "api_key", "api-key", "apikey", "access_token", "auth_token",
        "client_secret", "secret_access_key", "aws_secret_access_key", "private_key", "token",
    ].map { Array($0.utf8) }
    /// Whether any of them begins with these two letters, in either case.
    private let begins: [Bool]
    private let webTokenMark = Array("eyJ".utf8)
    private let privateKeyMark = Array("begin ".utf8)
    private let bearerMark = Array("bearer ".utf8)

    init() {
        var begins = [Bool](repeating: false, count: 65_536)
        for word in forms.map(\.prefix) + labels + [webTokenMark, privateKeyMark, bearerMark] {
            begins[Int(word[0] | 32) << 8 | Int(word[1] | 32)] = true
        }
        self.begins = begins
    }

    private static func belongs(_ byte: UInt8) -> Bool { ScanPass.isAlphanumeric(byte) || byte == 95 || byte == 45 }

    private static func matches(_ word: [UInt8], _ bytes: [UInt8], _ at: Int, _ end: Int, anyCase: Bool) -> Bool {
        guard at + word.count <= end else { return false }
        for index in word.indices {
            let byte = bytes[at + index]
            guard byte == word[index] || anyCase && byte >= 65 && byte <= 90 && byte | 32 == word[index] else { return false }
        }
        return true
    }

    /// The secret that begins with the word at `at`, or stands behind it.
    func match(at: Int, from start: Int, to end: Int, in bytes: [UInt8]) -> (Range<Int>, SensitiveKind)? {
        guard at + 1 < end, begins[Int(bytes[at] | 32) << 8 | Int(bytes[at + 1] | 32)], at == start || !Self.belongs(bytes[at - 1]) else {
            return nil
        }
        for form in forms where Self.matches(form.prefix, bytes, at, end, anyCase: false) {
            var stop = at + form.prefix.count
            while stop < end, Self.belongs(bytes[stop]) || bytes[stop] == 46 { stop += 1 }
            if stop - at - form.prefix.count >= form.least { return (at..<trimmed(at, stop, bytes), .secret) }
        }
        if Self.matches(webTokenMark, bytes, at, end, anyCase: false), let stop = webToken(at, end, bytes) { return (at..<stop, .secret) }
        if Self.matches(privateKeyMark, bytes, at, end, anyCase: true), let range = privateKey(at, start, end, bytes) {
            return (range, .secret)
        }
        if Self.matches(bearerMark, bytes, at, end, anyCase: true) { return value(at + 7, end, bytes, least: 16).map { ($0, .secret) } }
        return labelled(at, end, bytes).map { ($0, .secret) }
    }

    private func trimmed(_ at: Int, _ stop: Int, _ bytes: [UInt8]) -> Int {
        var stop = stop
        while stop > at + 1, bytes[stop - 1] == 46 || bytes[stop - 1] == 45 { stop -= 1 }
        return stop
    }

    /// Three parts of base64url with points between: a JSON web token (RFC 7519).
    private func webToken(_ at: Int, _ end: Int, _ bytes: [UInt8]) -> Int? {
        var (stop, points) = (at, 0)
        while stop < end, Self.belongs(bytes[stop]) || bytes[stop] == 46 {
            if bytes[stop] == 46 { points += 1 }
            stop += 1
        }
        return points >= 2 && stop - at >= 30 ? trimmed(at, stop, bytes) : nil
    }

    /// `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of the text.
    private func privateKey(_ at: Int, _ start: Int, _ end: Int, _ bytes: [UInt8]) -> Range<Int>? {
        let line = bytes[at..<min(end, at + 48)]
        guard String(decoding: line, as: UTF8.self).contains("PRIVATE KEY") else { return nil }
        var first = at
        while first > start, bytes[first - 1] == 45 { first -= 1 }
        let mark = Array("-----END".utf8)
        var stop = at
        while stop < end, !Self.matches(mark, bytes, stop, end, anyCase: false) { stop += 1 }
        stop = min(end, stop + mark.count)
        while stop < end, bytes[stop] != 10 { stop += 1 }
        return first..<stop
    }

    private func labelled(_ at: Int, _ end: Int, _ bytes: [UInt8]) -> Range<Int>? {
        for label in labels where Self.matches(label, bytes, at, end, anyCase: true) {
            var next = at + label.count
            if next < end, bytes[next] == 34 || bytes[next] == 39 { next += 1 }
            while next < end, bytes[next] == 32 { next += 1 }
            if next < end, bytes[next] == 58 || bytes[next] == 61 {
                next += 1
                while next < end, bytes[next] == 32 { next += 1 }
                if let range = value(next, end, bytes, least: 4) { return range }
            } else if Self.matches(Array("is ".utf8), bytes, next, end, anyCase: true) {
                // `my password is wrong` gives nothing away: a value has a digit or a sign in it.
                guard let range = value(next + 3, end, bytes, least: 4) else { continue }
                let hasSign = bytes[range].contains { NumberRun.isDigit($0) || "!@#$%^&*_+=".utf8.contains($0) }
                if hasSign { return range }
            }
        }
        return nil
    }

    private func value(_ at: Int, _ end: Int, _ bytes: [UInt8], least: Int) -> Range<Int>? {
        var start = at
        if start < end, bytes[start] == 34 || bytes[start] == 39 { start += 1 }
        var stop = start
        while stop < end, bytes[stop] > 32, bytes[stop] < 0x7F, ![34, 39, 44, 59, 60].contains(bytes[stop]) { stop += 1 }
        while stop > start, bytes[stop - 1] == 46 || bytes[stop - 1] == 63 || bytes[stop - 1] == 41 { stop -= 1 }
        return stop - start >= least ? start..<stop : nil
    }

    /// A long stretch of letters of both cases and digits around a word with digits in it: no word, no number, so a key.
    func keyToken(around word: Range<Int>, in range: Range<Int>, _ bytes: [UInt8]) -> Range<Int>? {
        var (start, end) = (word.lowerBound, word.upperBound)
        func belongs(_ byte: UInt8) -> Bool { Self.belongs(byte) || byte == 43 || byte == 47 || byte == 61 }
        while start > range.lowerBound, belongs(bytes[start - 1]), end - start < 200 { start -= 1 }
        while end < range.upperBound, belongs(bytes[end]), end - start < 400 { end += 1 }
        guard end - start >= 32 else { return nil }
        var (upper, lower, digits, signs) = (0, 0, 0, 0)
        for byte in bytes[start..<end] {
            switch byte {
            case 65...90: upper += 1
            case 97...122: lower += 1
            case 48...57: digits += 1
            default: signs += 1
            }
        }
        let isHex = signs == 0 && bytes[start..<end].allSatisfy { NumberRun.isDigit($0) || ($0 | 32) &- 97 < 6 }
        return isHex && digits >= 8 || upper >= 4 && lower >= 4 && digits >= 4 && signs * 8 <= end - start ? start..<end : nil
    }
}
