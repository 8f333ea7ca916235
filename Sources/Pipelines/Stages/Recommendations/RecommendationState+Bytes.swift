import Records

/// Entries as bytes: a kind, then texts and numbers.
extension RecommendationState.Entry {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .event(let event):
            writer.byte(event.strength == 1 ? 0 : 8)
            writer.word(event.key)
            writer.text(event.user)
            writer.text(event.item)
            writer.signed(event.time)
            writer.number(event.quantity)
            writer.number(event.price)
            if event.strength != 1 { writer.number(event.strength) }
        case .item(let name, let item):
            writer.byte(1)
            writer.text(name)
            writer.byte(item.category == nil ? 0 : 1)
            writer.text(item.category ?? "")
            for value in [item.stock, item.margin, item.risk, item.minimumAge] { writer.number(value ?? .nan) }
            writer.byte(item.isSensitive ? 1 : 0)
        case .person(let name, let person):
            writer.byte(2)
            writer.text(name)
            for value in [person.age, person.risk] { writer.number(value ?? .nan) }
            writer.byte(person.segment == nil ? 0 : 1)
            writer.text(person.segment ?? "")
        case .instruction(let name, let instruction):
            writer.byte(3)
            writer.text(name)
            writer.text(instruction.action.rawValue)
            writer.signed(instruction.known)
        case .alias(let alias, let name):
            writer.byte(4)
            writer.text(alias)
            writer.text(name)
        case .shown(let offer):
            writer.byte(5)
            writer.text(offer.user)
            writer.text(offer.item)
            writer.signed(offer.time)
        case .limit(let limit, let most):
            writer.byte(6)
            writer.text(limit.segment)
            writer.text(limit.category)
            writer.signed(Int64(most))
        case .dated(let known, let entry):
            writer.byte(7)
            writer.signed(known)
            entry.write(to: &writer)
        }
    }

    private var isDated: Bool { if case .dated = self { true } else { false } }

    /// Nil when the bytes are no entry.
    init?(from reader: inout ByteReader) {
        let kind = reader.byte()
        switch kind {
        case 0, 8:
            self = .event(
                .init(
                    key: reader.word(), user: reader.string(), item: reader.string(), time: reader.signed(), quantity: reader.number(),
                    price: reader.number(), strength: kind == 8 ? reader.number() : 1))
        case 1:
            let name = reader.string()
            let hasCategory = reader.byte() == 1
            let category = reader.string()
            self = .item(
                name,
                .init(
                    category: hasCategory ? category : nil, stock: reader.known(), margin: reader.known(), risk: reader.known(),
                    minimumAge: reader.known(), isSensitive: reader.byte() == 1))
        case 2:
            let name = reader.string()
            let (age, risk) = (reader.known(), reader.known())
            let hasSegment = reader.byte() == 1
            let segment = reader.string()
            self = .person(name, .init(age: age, risk: risk, segment: hasSegment ? segment : nil))
        case 3:
            let name = reader.string()
            guard let action = RecommendationState.Action(rawValue: reader.string()) else { return nil }
            self = .instruction(name, .init(action: action, known: reader.signed()))
        case 4: self = .alias(reader.string(), reader.string())
        case 5: self = .shown(.init(user: reader.string(), item: reader.string(), time: reader.signed()))
        case 6: self = .limit(.init(segment: reader.string(), category: reader.string()), Int(clamping: reader.signed()))
        case 7:
            let known = reader.signed()
            guard let entry = Self(from: &reader), !entry.isDated else { return nil }
            self = .dated(known, entry)
        default: return nil
        }
    }
}

extension ByteWriter {
    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { text($0) }
    }

    mutating func blob(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { text($0) } }

    mutating func number(_ value: Double) { word(value.bitPattern) }
}

extension ByteReader {
    mutating func string() -> String { String(decoding: text(), as: UTF8.self) }
    mutating func number() -> Double { Double(bitPattern: word()) }
    mutating func known() -> Double? {
        let value = number()
        return value.isNaN ? nil : value
    }
}
