extension ScanPass {
    /// What a run of digits is; gives the place to go on from.
    mutating func number(_ at: Int) -> Int {
        let limit = range.upperBound
        if at > range.lowerBound, (bytes[at - 1] | 32) &- 97 < 26 || bytes[at - 1] == 95 { return mixed(at) }
        // Most numbers in a text are a few digits alone.
        if isShort(at) { return pastDigits(at) }
        numbers.read(bytes, at: at, to: limit)
        var group = 0
        var past = numbers.ends[0]
        while group < numbers.count {
            let taken = take(group)
            past = max(past, taken.past)
            group = max(taken.next, group + 1)
        }
        // Letters and digits behind the last group: `4B7F…` is a key or an IBAN's tail, not a number.
        return max(past, numbers.ends[numbers.count - 1])
    }

    /// Up to four digits with nothing behind that could belong to a number.
    private func isShort(_ at: Int) -> Bool {
        let end = pastDigits(at)
        guard end - at <= 6 else { return false }
        guard end < range.upperBound else { return true }
        switch bytes[end] {
        case 32, 40, 41, 45, 46, 47:
            for index in (end + 1)..<min(end + 4, range.upperBound) {
                if NumberRun.isDigit(bytes[index]) { return false }
                if ![32, 40, 41, 45].contains(bytes[index]) { return true }
            }
            return true
        default: return true
        }
    }

    private func pastDigits(_ at: Int) -> Int {
        var end = at
        while end < range.upperBound, NumberRun.isDigit(bytes[end]) { end += 1 }
        return end
    }

    /// Recognises what begins at a group; `next` is the group to go on with.
    private mutating func take(_ group: Int) -> (next: Int, past: Int) {
        let start = numbers.starts[group]
        var before: NumberContext??
        let (bytes, words, low) = (bytes, scanner.words, range.lowerBound)
        func context() -> NumberContext? {
            if let before { return before }
            let found = words.before(start, from: low, in: bytes)
            before = .some(found)
            return found
        }
        func last(_ kind: SensitiveKind, _ group: Int, from start: Int? = nil) -> (SensitiveKind, Range<Int>, Int) {
            (kind, (start ?? numbers.starts[group])..<numbers.ends[group], group)
        }
        var result: (SensitiveKind, Int)?
        let isPlus = start > low && bytes[start - 1] == 43
        if numbers.isAddress(group, bytes) {
            result = (.ip, group + 3)
        } else if numbers.isDate(group, bytes) {
            return (group + 3, numbers.ends[group + 2])
        } else if !isPlus {
            if let end = numbers.isSSN(group, bytes, context: context) {
                result = (.ssn, end)
            } else if let end = numbers.isCard(group, bytes, context: context) {
                result = (.card, end)
            } else if let end = numbers.isMyNumber(group, bytes, context: context) {
                result = (.myNumber, end)
            } else if (6...9).contains(numbers.length(group)), context() == .passport {
                result = (.passport, group)
            }
        }
        if let (kind, end) = result {
            add(kind, start..<numbers.ends[end])
            return (end + 1, numbers.ends[end])
        }
        return takePhone(group, isPlus: isPlus, context: context)
    }

    private mutating func takePhone(_ group: Int, isPlus: Bool, context: () -> NumberContext?) -> (next: Int, past: Int) {
        let (bytes, words, limit) = (bytes, scanner.words, range.upperBound)
        var start = numbers.starts[group]
        let run = numbers
        let end = run.phone(group, bytes, isInternational: isPlus) { last in
            let before = context()
            if before == .phone || before == .other && words.after(run.ends[last], to: limit, in: bytes) != .phone { return before }
            return words.after(run.ends[last], to: limit, in: bytes) == .phone ? .phone : before
        }
        // A letter right behind makes it something else, unless it is an extension.
        guard let last = end else { return (group + 1, run.ends[group]) }
        let stop = NumberRun.pastExtension(bytes, run.ends[last], to: limit)
        if stop == run.ends[last], stop < limit, (bytes[stop] | 32) &- 97 < 26 { return (group + 1, run.ends[group]) }
        if isPlus { start -= 1 }
        if start > range.lowerBound, bytes[start - 1] == 40 { start -= 1 }
        add(.phone, start..<stop)
        return (last + 1, stop)
    }

    /// Digits behind letters: an IBAN, a passport, a key, or `TEL03-1234-5678`.
    private mutating func mixed(_ at: Int) -> Int {
        let limit = range.upperBound
        var start = at
        while start > range.lowerBound, Self.isAlphanumeric(bytes[start - 1]), at - start < 64 { start -= 1 }
        var end = at
        while end < limit, Self.isAlphanumeric(bytes[end]) { end += 1 }
        if at - start == 2, let stop = iban(start) {
            add(.iban, start..<stop)
            return stop
        }
        let letters = at - start
        if (6...9).contains(end - start), letters <= 2, isPassport(start, end, letters) {
            add(.passport, start..<end)
            return end
        }
        if end - start < 24, isLabel(start, at) {
            // The number stands on its own behind its label.
            numbers.read(bytes, at: at, to: limit)
            let taken = takePhone(0, isPlus: false) { .phone }
            return max(taken.past, pastDigits(at))
        }
        if let token = scanner.secrets.keyToken(around: start..<end, in: range, bytes) {
            add(.secret, token)
            return token.upperBound
        }
        return max(end, at + 1)
    }

    private func isLabel(_ start: Int, _ end: Int) -> Bool {
        let label = String(decoding: bytes[start..<end].map { $0 | 32 }, as: UTF8.self)
        return ["tel", "fax", "phone", "mobile", "cell"].contains(label)
    }

    /// Two letters and seven digits as Japan prints them, or any form behind the word.
    private func isPassport(_ start: Int, _ end: Int, _ letters: Int) -> Bool {
        let digits = bytes[start..<end].count { NumberRun.isDigit($0) }
        guard digits >= 5, digits + letters == end - start else { return false }
        return scanner.words.before(start, from: range.lowerBound, in: bytes) == .passport
    }

    /// End of an IBAN that begins at `start`, in one piece or in groups of four.
    private func iban(_ start: Int) -> Int? {
        guard let length = CheckDigits.ibanLength(bytes[start] & 0xDF, bytes[start + 1] & 0xDF) else { return nil }
        var characters: [UInt8] = []
        characters.reserveCapacity(length)
        var at = start
        while at < range.upperBound, characters.count < length {
            let byte = bytes[at]
            if Self.isAlphanumeric(byte) {
                characters.append(byte)
            } else if !((byte == 32 || byte == 45) && !characters.isEmpty && characters.count % 4 == 0) {
                break
            }
            at += 1
        }
        guard characters.count == length, CheckDigits.iban(characters) else { return nil }
        if at < range.upperBound, Self.isAlphanumeric(bytes[at]) { return nil }
        return at
    }
}
