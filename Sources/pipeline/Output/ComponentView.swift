import Pipelines
import Records

/// What a stage, format or model family says of itself.
struct ComponentView {
    let kind: String
    let definition: Definition
    let stage: StageDefinition?

    var details: Details {
        var fields: [Details.Field] = [
            .init("kind", .text(kind)), .init("name", .text(definition.name)), .init("summary", .text(definition.summary)),
            .init("settings", .nested("", .array(settings.objects))),
        ]
        if let stage {
            fields += [
                .init("version", .count(stage.version)), .init("positive", .text(stage.positive)), .init("negative", .text(stage.negative)),
                .init("features", .nested("", .array(features(stage).objects))),
            ]
        }
        return Details(fields)
    }

    func text(_ terminal: Terminal) -> String {
        var text = terminal.styled(definition.name, .bold) + "  \(kind)\n\(definition.summary)\n"
        for setting in definition.parameters {
            let need = setting.defaultValue.map { "default \($0)" } ?? (setting.isOptional ? "optional" : "required")
            text += "\n  \(terminal.styled(setting.name, .bold))  \(setting.kind.text), \(need)\n"
            for line in DisplayWidth.wrap(setting.help, to: min((terminal.width ?? 100) - 4, 96)) { text += "    \(line)\n" }
            text += "    \(terminal.styled("\(setting.name): \(setting.example)", .dim))\n"
        }
        guard let stage else { return text }
        return text + "\n" + terminal.styled("features", .bold) + "\n" + features(stage).text(terminal, indent: "  ")
    }

    private var settings: Table {
        Table(
            columns: [.init("name"), .init("type"), .init("default"), .init("required"), .init("help"), .init("example")],
            rows: definition.parameters.map { setting in
                [
                    .text(setting.name), .text(setting.kind.text), .text(setting.defaultValue),
                    .bool(setting.defaultValue == nil && !setting.isOptional), .text(setting.help), .text(setting.example),
                ]
            })
    }

    private func features(_ stage: StageDefinition) -> Table {
        Table(columns: [.init("feature"), .init("meaning")], rows: stage.features.map { [.text($0.name), .text($0.meaning)] })
    }
}

extension Parameter.Kind {
    /// `whole number, 1 to 1,000`
    var text: String {
        switch self {
        case .integer(let range): "whole number, \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        case .number(let range): "number, \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .text: "text"
        case .choice(let names): "one of \(names.joined(separator: ", "))"
        case .span: "duration such as 7d"
        case .column(let types): types.isEmpty ? "column" : "column of type \(types.joined(separator: " or "))"
        case .model: "name of a model"
        case .feed: "name of a table feed"
        case .expressions: "names and arithmetic over number columns"
        case .settings: "names and values"
        }
    }

    private static func text(_ value: Int) -> String { value == .max ? "any" : Quantity.count(value) }
}
