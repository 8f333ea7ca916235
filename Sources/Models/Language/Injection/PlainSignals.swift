/// The signals for texts of ASCII alone: words as numbers, marks by their first byte, no text of a word. Finds what the words as texts do.
struct PlainSignals: Sendable {
    /// Number of each word of any step.
    private let words: PlainWordTable
    private let wordCount: Int
    /// Signals that begin with a word: those of word `n` from `starts[n]` to `starts[n + 1]`.
    private let starts: [Int]
    private let started: [Int]
    /// First step of each signal among all steps; whether a step holds a word: `wordCount` a step.
    private let steps: [Int]
    private let holds: [Bool]
    private let gaps: [[Int]]
    private let marks: [[UInt8]]
    /// Marks by their first byte, as with `starts`.
    private let markStarts: [Int]
    private let markOrder: [Int]

    init(_ signals: [InjectionSignal], marks: [[UInt8]]) {
        var numbers: [String: UInt32] = [:]
        for word in signals.flatMap({ $0.steps.flatMap(\.self) }) where numbers[word] == nil { numbers[word] = UInt32(numbers.count) }
        words = PlainWordTable(numbers.map { (word: $0.key, value: $0.value) })
        wordCount = numbers.count
        var first: [Int] = [0], begun = [[Int]](repeating: [], count: numbers.count)
        for signal in signals { first.append(first[first.count - 1] + signal.steps.count) }
        var holds = [Bool](repeating: false, count: first[first.count - 1] * numbers.count)
        for (index, signal) in signals.enumerated() {
            for (step, names) in signal.steps.enumerated() {
                for name in names { if let word = numbers[name] { holds[(first[index] + step) * numbers.count + Int(word)] = true } }
            }
            for name in Set(signal.steps[0]) { if let word = numbers[name] { begun[Int(word)].append(index) } }
        }
        (steps, self.holds, gaps, self.marks) = (first, holds, signals.map(\.gaps), marks)
        (starts, started) = Self.flattened(begun)
        var byByte = [[Int]](repeating: [], count: 128)
        for (index, mark) in marks.enumerated() { if let byte = mark.first, byte < 0x80 { byByte[Int(byte)].append(index) } }
        (markStarts, markOrder) = Self.flattened(byByte)
    }

    private static func flattened(_ lists: [[Int]]) -> (starts: [Int], all: [Int]) {
        var (starts, all): ([Int], [Int]) = ([0], [])
        for list in lists {
            all += list.sorted()
            starts.append(all.count)
        }
        return (starts, all)
    }

    /// How often each signal and each mark occurs, by its index, in order; and how many words there are.
    func matches(
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> (signals: [(index: Int, count: Int)], marks: [(index: Int, count: Int)], words: Int) {
        var numbers: [Int32] = []
        numbers.reserveCapacity(bytes.count / 4)
        var word = PlainWord(), begins = false
        func end() {
            let number = words.value(of: word)
            numbers.append(number.map { Int32($0) } ?? -1)
            if let number, starts[Int(number)] < starts[Int(number) + 1] { begins = true }
            word = PlainWord()
        }
        for byte in bytes {
            if PlainText.isLetter(byte) || PlainText.isDigit(byte) || byte == 39 || byte == 45 {
                word.append(PlainText.lower(byte))
            } else if word.count > 0 {
                end()
            }
        }
        if word.count > 0 { end() }
        return (begins ? signals(numbers) : [], found(in: bytes), numbers.count)
    }

    private func signals(_ words: [Int32]) -> [(index: Int, count: Int)] {
        var found: [Int: Int] = [:]
        for (place, word) in words.enumerated() where word >= 0 {
            for index in started[starts[Int(word)]..<starts[Int(word) + 1]] where goesOn(words, from: place, signal: index, step: 1) {
                found[index, default: 0] += 1
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func goesOn(_ words: [Int32], from place: Int, signal: Int, step: Int) -> Bool {
        guard steps[signal] + step < steps[signal + 1] else { return true }
        let last = min(place + gaps[signal][step - 1], words.count - 1)
        guard place < last else { return false }
        let row = (steps[signal] + step) * wordCount
        for next in (place + 1)...last where words[next] >= 0 && holds[row + Int(words[next])] {
            if goesOn(words, from: next, signal: signal, step: step + 1) { return true }
        }
        return false
    }

    /// Marks in the text after a line break, in lower case; at most three of each, one after the other.
    private func found(in bytes: UnsafeBufferPointer<UInt8>) -> [(index: Int, count: Int)] {
        var found: [(index: Int, count: Int, next: Int)] = []
        func byte(_ place: Int) -> UInt8 { place < 0 ? 10 : PlainText.lower(bytes[place]) }
        for place in -1..<bytes.count {
            let first = Int(byte(place))
            for slot in markStarts[first]..<markStarts[first + 1] {
                let index = markOrder[slot], mark = marks[index]
                guard place + mark.count <= bytes.count else { continue }
                var same = 1
                while same < mark.count, byte(place + same) == mark[same] { same += 1 }
                guard same == mark.count else { continue }
                if let known = found.firstIndex(where: { $0.index == index }) {
                    guard found[known].next <= place, found[known].count < 3 else { continue }
                    found[known].count += 1
                    found[known].next = place + mark.count
                } else {
                    found.append((index, 1, place + mark.count))
                }
            }
        }
        return found.sorted { $0.index < $1.index }.map { ($0.index, $0.count) }
    }

    /// Whether three words of four letters or more are all capitals.
    func shouts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var (words, length, isLoud) = (0, 0, true)
        func end() {
            if length >= 4, isLoud { words += 1 }
            (length, isLoud) = (0, true)
        }
        for byte in bytes {
            if PlainText.isLetter(byte) || PlainText.isDigit(byte) {
                length += 1
                if byte &- 65 >= 26 { isLoud = false }
            } else {
                end()
            }
        }
        end()
        return words >= 3
    }
}
