package import Records

/// The parameters of a definition with a value each: what was given, checked, and the defaults for the rest.
package struct ParameterValues: Sendable {
    private let values: [String: ParameterValue]

    /// - Throws: a name the definition does not have, a value of another type or outside its range, a mandatory one missing.
    package init(_ given: [String: ParameterValue], for definition: Definition) throws(Failure) {
        for name in given.keys.sorted() where !definition.parameters.contains(where: { $0.name == name }) {
            throw .parameterUnknown(name, of: definition)
        }
        var values: [String: ParameterValue] = [:]
        for parameter in definition.parameters {
            guard let value = given[parameter.name] else {
                guard let text = parameter.defaultValue else {
                    if parameter.isOptional { continue }
                    throw .parameterMissing(parameter, of: definition)
                }
                values[parameter.name] = Self.parse(text, as: parameter.kind)
                continue
            }
            guard let fitting = Self.fit(value, to: parameter.kind) else { throw .parameterValue(value, for: parameter, of: definition) }
            values[parameter.name] = fitting
        }
        self.values = values
    }

    /// - Precondition: the definition has an integer parameter of this name, given or with a default.
    package func integer(_ name: String) -> Int {
        guard case .integer(let value)? = values[name] else { preconditionFailure("no integer parameter \(name)") }
        return value
    }

    /// - Precondition: the definition has a number parameter of this name, given or with a default.
    package func number(_ name: String) -> Double {
        guard case .number(let value)? = values[name] else { preconditionFailure("no number parameter \(name)") }
        return value
    }

    /// - Precondition: the definition has a text or choice parameter of this name, given or with a default.
    package func text(_ name: String) -> String {
        guard case .text(let value)? = values[name] else { preconditionFailure("no text parameter \(name)") }
        return value
    }

    private static func parse(_ text: String, as kind: Parameter.Kind) -> ParameterValue? {
        switch kind {
        case .integer: Int(text).map { .integer($0) }
        case .number: Double(text).map { .number($0) }
        case .bool: Bool(text).map { .bool($0) }
        case .span: Timestamp.Span(text).map { .span($0) }
        case .text, .choice, .column, .model, .feed, .expressions, .settings: .text(text)
        }
    }

    private static func fit(_ value: ParameterValue, to kind: Parameter.Kind) -> ParameterValue? {
        switch (value, kind) {
        case (.integer(let number), .integer(let range)): range.contains(number) ? value : nil
        case (.integer(let number), .number(let range)): range.contains(Double(number)) ? .number(Double(number)) : nil
        case (.number(let number), .number(let range)): range.contains(number) ? value : nil
        case (.bool, .bool), (.span, .span), (.text, .text), (.text, .column), (.text, .model), (.text, .feed),
            (.text, .expressions), (.text, .settings):
            value
        case (.text(let text), .choice(let choices)): choices.contains(text) ? value : nil
        default: nil
        }
    }
}
