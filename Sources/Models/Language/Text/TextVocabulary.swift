import CInline

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The n-grams that a model knows: their places, and how rare each is.
struct TextVocabulary: Sendable {
    let views: [TextView]
    /// Hash of each n-gram; a gram's place is its index.
    let grams: [UInt64]
    /// ln((1 + texts) / (1 + texts with the gram)) + 1.
    let rarity: [Float]
    /// Open addressing: the upper half of the hash beside the place, 0 = free.
    private let slots: [UInt64]
    private let mask: Int
    /// Place of the first number of an encoder's vector; they are the last places.
    let meaning: Int

    var count: Int { grams.count }

    init(views: [TextView], grams: [UInt64], rarity: [Float]) {
        (self.views, self.grams, self.rarity) = (views, grams, rarity)
        var size = 16
        while size < grams.count * 2 { size *= 2 }
        var slots = [UInt64](repeating: 0, count: size)
        for (place, gram) in grams.enumerated() {
            var at = Int(truncatingIfNeeded: gram) & (size - 1)
            while slots[at] != 0 { at = (at + 1) & (size - 1) }
            slots[at] = gram & 0xFFFF_FFFF_0000_0000 | UInt64(place + 1)
        }
        (self.slots, mask) = (slots, size - 1)
        meaning = grams.count - (views.last?.kind == .meaning ? views.last?.most ?? 0 : 0)
    }

    /// Learns from training texts: grams in order of first appearance, so that the same texts give the same places.
    init(views: [TextView], texts: [[UInt8]]) {
        var counts: [UInt64: (texts: Int, last: Int)] = [:]
        var order: [(gram: UInt64, view: Int)] = []
        var reader = TextGrams()
        for (index, text) in texts.enumerated() {
            reader.read(text, views)
            var start = 0
            for (view, end) in reader.ends.enumerated() {
                for gram in reader.hashes[start..<end] {
                    if let known = counts[gram] {
                        if known.last != index { counts[gram] = (known.texts + 1, index) }
                    } else {
                        counts[gram] = (1, index)
                        order.append((gram, view))
                    }
                }
                start = end
            }
        }
        let kept = order.filter { (counts[$0.gram]?.texts ?? 0) >= views[$0.view].minimumTexts }
        let rarity = kept.map { Float(log(Double(1 + texts.count) / Double(1 + (counts[$0.gram]?.texts ?? 0))) + 1) }
        // The numbers of an encoder have hashes of their own, which no text has.
        let numbers = views.last?.kind == .meaning ? views.last?.most ?? 0 : 0
        self.init(
            views: views, grams: kept.map(\.gram) + (0..<UInt64(numbers)).map { UInt64.max - $0 },
            rarity: rarity + [Float](repeating: 1, count: numbers))
    }

    /// Places of the grams that are known, in order.
    ///
    /// - Parameter places: has room for all grams.
    /// - Returns: how many are known.
    func places(of grams: UnsafePointer<UInt64>, count: Int, into places: UnsafeMutablePointer<Int32>) -> Int {
        textPlaces(slots, UInt64(mask), grams, count, places)
    }
}

/// A text as a sparse vector over a vocabulary; the memory is used again.
struct TextVector {
    private(set) var places: [Int32] = []
    private(set) var values: [Float] = []
    /// End of each view in `places`.
    private(set) var ends: [Int] = []
    /// Share of the n-grams that the vocabulary knows, in 0...1; 0 for an empty text.
    private(set) var known: Float = 0
    private var grams = TextGrams()
    private var counts: [UInt16]
    /// Places of one view's grams as they come.
    private var room: [Int32] = []

    init(_ vocabulary: TextVocabulary) { counts = [UInt16](repeating: 0, count: vocabulary.count) }

    /// Term frequency 1 + ln n, times rarity, each view scaled to length 1 and then to its weight.
    ///
    /// - Parameter meaning: the encoder's vector, where the vocabulary has a view of it.
    mutating func read(_ text: [UInt8], _ vocabulary: TextVocabulary, meaning: [Float] = []) {
        grams.read(text, vocabulary.views)
        places.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        var start = 0, found = 0
        for (view, end) in grams.ends.enumerated() {
            let first = places.count
            if vocabulary.views[view].kind == .meaning {
                let weight = Float(vocabulary.views[view].weight)
                for (place, value) in meaning.enumerated() {
                    places.append(Int32(vocabulary.meaning + place))
                    values.append(value * weight)
                }
                ends.append(places.count)
                continue
            }
            if room.count < end - start { room = [Int32](repeating: 0, count: 2 * (end - start)) }
            let count = grams.hashes.withUnsafeBufferPointer { hashes in
                room.withUnsafeMutableBufferPointer { own in
                    guard let hashes = hashes.baseAddress, let own = own.baseAddress else { return 0 }
                    return vocabulary.places(of: hashes + start, count: end - start, into: own)
                }
            }
            found += count
            for place in room[..<count] {
                if counts[Int(place)] == 0 { places.append(place) }
                counts[Int(place)] &+= 1
            }
            var square: Float = 0
            for index in first..<places.count {
                let place = Int(places[index])
                let frequency = counts[place] == 1 ? 1 : 1 + logf(Float(counts[place]))
                counts[place] = 0
                let value = frequency * vocabulary.rarity[place]
                values.append(value)
                square += value * value
            }
            let scale = square > 0 ? Float(vocabulary.views[view].weight) / square.squareRoot() : 0
            for index in first..<places.count { values[index] *= scale }
            ends.append(places.count)
            start = end
        }
        known = grams.hashes.isEmpty ? 0 : Float(found) / Float(grams.hashes.count)
    }
}
