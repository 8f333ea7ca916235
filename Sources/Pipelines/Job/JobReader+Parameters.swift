import Connectors
import Models
import Records

extension JobReader {
    /// Values of a definition's parameters, defaults filled in; findings for what is missing, unknown or of the wrong kind.
    ///
    /// - Parameters:
    ///   - others: the mapping has keys besides (a format's settings stand among the feed's keys), checked elsewhere.
    ///   - main: the main feed, for parameters that name a column; nil leaves the names unchecked.
    func readParameters(
        of definition: Definition, in mapping: JobMapping, among others: Bool = false, main: FeedColumns?
    ) -> [String: ParameterValue] {
        let names = definition.parameters.map(\.name)
        var misspelt: Set<String> = []
        if !others {
            for entry in mapping.entries where !names.contains(entry.name) {
                misspelt.formUnion(Nearest.name(to: entry.name, among: names).map { [$0] } ?? [])
                findings.add(.unknownKey(entry.name, names: names), at: entry.place, path: entry.value.path)
            }
        }
        var values: [String: ParameterValue] = [:]
        for parameter in definition.parameters {
            if let value = mapping[parameter.name] {
                values[parameter.name] = read(parameter, value, main: main)
            } else if let text = parameter.defaultValue {
                values[parameter.name] = Self.value(of: parameter, text)
            } else if !parameter.isOptional, !misspelt.contains(parameter.name) {
                let example = parameter.example.contains(":") ? parameter.example : "\(parameter.name): \(parameter.example)"
                mapping.report(.missingKey(parameter.name, form: parameter.form, example: example))
            }
        }
        return values
    }

    private func read(_ parameter: Parameter, _ value: JobValue, main: FeedColumns?) -> ParameterValue? {
        switch parameter.kind {
        case .choice(let names): return value.choice(names, of: parameter.name).map { .text($0) }
        case .model, .feed: return value.name().map { .text($0) }
        case .expressions: return readExpressions(value, main: main)
        case .settings: return readSettings(value)
        case .column(let types):
            guard let name = value.text(parameter.form) else { return nil }
            if let main { check(value, isColumnOf: main, types: types) }
            return .text(name)
        default: return value.read(parameter.form) { Self.value(of: parameter, $0) }
        }
    }

    private func check(_ value: JobValue, isColumnOf main: FeedColumns, types: [String]) {
        let name = value.scalar ?? ""
        guard let field = main.field(name, at: value) else { return }
        if !types.isEmpty, !types.contains(field.type.name) {
            value.report(.columnType(name, found: field.type.name, expected: types.joined(separator: " or ")))
        }
        if main.label?.name == name { value.report(.labelUsed(name)) }
    }

    /// A parameter's text as its value; nil when it is not of the kind or out of range.
    static func value(of parameter: Parameter, _ text: String) -> ParameterValue? {
        switch parameter.kind {
        case .integer(let range): Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .number(let range): JobValue.decimal(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .text, .column, .model, .feed, .expressions, .settings: .text(text)
        case .choice(let names): names.contains(text) ? .text(text) : nil
        case .span: Timestamp.Span(text).map { .span($0) }
        }
    }

    // MARK: stage and training

    struct ReadStage {
        var definition: StageDefinition
        var configuration: StageConfiguration
        var mapping: JobMapping
    }

    func readStage(_ top: JobMapping, main: FeedColumns?) -> ReadStage? {
        guard let value = top["stages"], let list = value.list("a list of one stage, `- name: { parameters }`") else { return nil }
        if list.count != 1 { (list.count > 1 ? list[1] : value).report(.stageCount(list.count)) }
        guard let item = list.first else { return nil }
        let names = components.stages.map { $0.definition.definition.name }
        if item.scalar != nil {
            guard let name = item.choice(names, of: "stage"), let definition = components.stage(name) else { return nil }
            let none = JobMapping(path: item.path, place: item.place, findings: findings, entries: [])
            return stage(name, definition, none, main: main)
        }
        guard let mapping = JobMapping(item, expected: "`name: { parameters }`") else { return nil }
        guard mapping.entries.count == 1, let entry = mapping.entries.first else {
            if mapping.entries.isEmpty { item.report(.wrongValue(found: item.shown, expected: "`name: { parameters }`")) }
            for extra in mapping.entries.dropFirst() {
                findings.add(
                    .wrongValue(
                        found: "a second key '\(extra.name)'", expected: "one stage an entry",
                        remedy: "Indent the stage's parameters below its name."),
                    at: extra.place, path: extra.value.path)
            }
            return nil
        }
        guard let definition = components.stage(entry.name) else {
            findings.add(.unknownName("stage", found: entry.name, names: names), at: entry.place, path: entry.value.path)
            return nil
        }
        let parameters =
            entry.value.isNothing
            ? JobMapping(path: entry.value.path, place: entry.place, findings: findings, entries: [])
            : JobMapping(entry.value, place: entry.place, expected: "a mapping of parameters")
        return parameters.flatMap { stage(entry.name, definition, $0, main: main) }
    }

    private func stage(_ name: String, _ definition: StageDefinition, _ mapping: JobMapping, main: FeedColumns?) -> ReadStage {
        let values = readParameters(of: definition.definition, in: mapping, main: main)
        return ReadStage(
            definition: definition, configuration: StageConfiguration(name: name, parameters: values), mapping: mapping)
    }
}

extension Parameter {
    /// What may be written: `a whole number from 1 to 10`.
    package var form: String {
        switch kind {
        case .integer(let range): "a whole number \(JobValue.text(of: range))"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .text: "a text"
        case .choice(let names): "one of \(names.joined(separator: ", "))"
        case .span: "a length of time such as 7d"
        case .column([]): "a column of the main feed"
        case .column(let types): "a column of the main feed (\(types.joined(separator: ", ")))"
        case .model: "a model's name"
        case .feed: "the name of a feed with `role: table`"
        case .expressions: "a mapping of names to arithmetic, `{ power: torque * speed }`"
        case .settings: "a mapping of names to values, `{ lambda: 300 }`"
        }
    }
}
