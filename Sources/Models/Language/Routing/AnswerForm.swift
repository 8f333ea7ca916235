public import Records

/// What form a prompt asks for, and whether an answer has it.
public struct AnswerForm: Hashable, Sendable {
    private let prompt: Prompt

    public init(_ prompt: Prompt) { self.prompt = prompt }

    /// The prompt's schema; of choices an object with the member `answer`, since some servers take objects only; nil = free text.
    public var schema: JSONValue? {
        guard !prompt.choices.isEmpty else { return prompt.schema }
        let answer = JSONValue.object([.init("type", .text("string")), .init("enum", .array(prompt.choices.map { .text($0) }))])
        return .object([
            .init("type", .text("object")), .init("properties", .object([.init("answer", answer)])),
            .init("required", .array([.text("answer")])), .init("additionalProperties", .bool(false)),
        ])
    }

    /// The answer, its text tidied: of choices exactly one of them, of a schema the JSON value alone.
    ///
    /// Answers that were cut off, refused or blocked pass as they are: they say so themselves and are used by nobody.
    ///
    /// - Throws: an answer that ended by itself and is not of the form asked for.
    public func checked(_ completion: Completion, place: String) throws(Failure) -> Completion {
        guard completion.ending == .finished || completion.ending == .stopped, let schema else { return completion }
        var completion = completion
        let bare = Self.withoutFence(completion.text)
        if !prompt.choices.isEmpty {
            let parsed = JSONValue(parsing: bare)
            let value = parsed?.string ?? parsed?["answer"]?.string ?? bare
            guard prompt.choices.contains(value) else {
                throw .answerForm(place: place, found: "none of the \(prompt.choices.count) choices")
            }
            completion.text = value
            return completion
        }
        guard let value = JSONValue(parsing: bare) else { throw .answerForm(place: place, found: "no JSON") }
        if let miss = JSONSchema(schema).firstMiss(in: value) { throw .answerForm(place: place, found: miss) }
        completion.text = value.json
        return completion
    }

    /// Models like to put JSON into a fenced block.
    private static func withoutFence(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func isBlank(_ line: Substring?) -> Bool { line?.allSatisfy(\.isWhitespace) ?? false }
        while isBlank(lines.first) { lines.removeFirst() }
        while isBlank(lines.last) { lines.removeLast() }
        if lines.count >= 2, lines.first?.hasPrefix("```") == true, lines.last?.hasPrefix("```") == true {
            lines = lines.dropFirst().dropLast()
        }
        var bare = lines.joined(separator: "\n")[...]
        while bare.first?.isWhitespace == true { bare.removeFirst() }
        while bare.last?.isWhitespace == true { bare.removeLast() }
        return String(bare)
    }
}

/// The part of JSON Schema (2020-12) that answers are held to: `type`, `properties`, `required`, `additionalProperties: false`, `items`,
/// `enum`, `const`, `minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, `anyOf`. Other words are for the reader.
public struct JSONSchema: Hashable, Sendable {
    private let schema: JSONValue

    public init(_ schema: JSONValue) { self.schema = schema }

    /// Where and how a value misses the schema, without quoting it; nil = it fits.
    public func firstMiss(in value: JSONValue) -> String? { Self.miss(value, schema, at: "answer") }

    private static func miss(_ value: JSONValue, _ schema: JSONValue, at place: String) -> String? {
        if let types = schema["type"].map({ $0.elements ?? [$0] }), !types.contains(where: { isA($0.string ?? "", value) }) {
            return "\(place) is not of type \(types.compactMap(\.string).joined(separator: " or "))"
        }
        if let values = schema["enum"]?.elements, !values.contains(value) { return "\(place) is none of the values allowed" }
        if let constant = schema["const"], constant != value { return "\(place) is not the value demanded" }
        if let options = schema["anyOf"]?.elements, options.allSatisfy({ miss(value, $0, at: place) != nil }) {
            return "\(place) fits no alternative"
        }
        switch value {
        case .object(let members): return objectMiss(members, schema, at: place)
        case .array(let values):
            if !within(Double(values.count), schema["minItems"], schema["maxItems"]) { return "\(place) has \(values.count) elements" }
            guard let items = schema["items"] else { return nil }
            return values.indices.lazy.compactMap { miss(values[$0], items, at: "\(place)[\($0)]") }.first
        case .text(let text):
            return within(Double(text.unicodeScalars.count), schema["minLength"], schema["maxLength"])
                ? nil : "\(place) has a length not allowed"
        case .number:
            return within(value.real ?? .nan, schema["minimum"], schema["maximum"]) ? nil : "\(place) is out of range"
        case .null, .bool: return nil
        }
    }

    private static func objectMiss(_ members: [JSONValue.Member], _ schema: JSONValue, at place: String) -> String? {
        let names = members.map(\.name)
        if Set(names).count < names.count { return "\(place) names a member twice" }
        if let missing = schema["required"]?.elements?.compactMap(\.string).first(where: { !names.contains($0) }) {
            return "\(place) lacks \(missing)"
        }
        let properties = schema["properties"]
        for member in members {
            if let part = properties?[member.name] {
                if let miss = miss(member.value, part, at: "\(place).\(member.name)") { return miss }
            } else if schema["additionalProperties"]?.boolean == false {
                return "\(place) has a member that is not declared"
            }
        }
        return nil
    }

    private static func within(_ value: Double, _ low: JSONValue?, _ high: JSONValue?) -> Bool {
        value.isFinite && value >= (low?.real ?? -.infinity) && value <= (high?.real ?? .infinity)
    }

    private static func isA(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .text), ("boolean", .bool), ("null", .null), ("number", .number): true
        case ("integer", .number): value.real.map { $0 == $0.rounded() } ?? false
        default: false
        }
    }
}
