import Connectors
import Records

extension JobReader {
    /// Names and arithmetic over number columns, `name = expression` a line; nil after a finding.
    func readExpressions(_ value: JobValue, main: FeedColumns?) -> ParameterValue? {
        guard let mapping = JobMapping(value, expected: "a mapping of names to arithmetic, `{ power: torque * speed }`") else { return nil }
        var lines: [String] = []
        for entry in mapping.entries {
            if !JobValue.isName(entry.name, dashes: false) {
                findings.add(
                    .wrongValue(found: "'\(entry.name)'", expected: "a name of letters, digits and _, starting with a letter, at most 63"),
                    at: entry.place, path: entry.value.path)
            }
            guard let text = entry.value.text("arithmetic over number columns, such as torque * speed") else { continue }
            let places = ScalarPlaces(of: entry.value, in: findings.source)
            do throws(RuleProblem) {
                let parsed = try RuleParser.parse(text)
                check(parsed.root, in: entry.value, places: places, main: main)
                lines.append("\(entry.name) = \(parsed.text)")
            } catch {
                findings.add(error.message, at: places.place(of: error.offset), path: entry.value.path)
            }
        }
        return lines.count == mapping.entries.count ? .text(lines.joined(separator: "\n")) : nil
    }

    /// Names and values, `name = value` a line, in the order of the names; nil after a finding. What they mean, the stage says.
    func readSettings(_ value: JobValue) -> ParameterValue? {
        guard let mapping = JobMapping(value, expected: "a mapping of names to values, `{ lambda: 300 }`") else { return nil }
        var lines: [String] = []
        for entry in mapping.entries {
            if let text = entry.value.text("a number or a word") { lines.append("\(entry.name) = \(text)") }
        }
        return lines.count == mapping.entries.count ? .text(lines.sorted().joined(separator: "\n")) : nil
    }

    private func check(_ node: RuleNode, in value: JobValue, places: ScalarPlaces, main: FeedColumns?) {
        func report(_ message: JobFinding.Message) { findings.add(message, at: places.place(of: node.place.lowerBound), path: value.path) }
        switch node.kind {
        case .number: return
        case .negative(let inner): check(inner, in: value, places: places, main: main)
        case .arithmetic(_, let left, let right):
            check(left, in: value, places: places, main: main)
            check(right, in: value, places: places, main: main)
        case .name(let name, nil):
            guard let main else { return }
            if !main.names.contains(name) { return report(.noColumn(name, feed: main.feed, names: main.names)) }
            if main.label?.name == name { return report(.labelUsed(name)) }
            guard let field = main.columns.first(where: { $0.field.name == name })?.field else { return }
            if !DerivedFeature.types.contains(field.type.name) {
                report(.columnType(name, found: field.type.name, expected: DerivedFeature.types.joined(separator: " or ")))
            }
        default: report(.wrongValue(found: "`\(node.text)`", expected: "numbers, number columns, + - * / and parentheses"))
        }
    }

    /// What only the stage can know of its parameters, it says when it is made: columns that a text names, features named twice.
    func check(_ stage: ReadStage, main: FeedColumns?) {
        guard !findings.hasErrors, let main, main.columns.count == main.names.count,
            let type = components.stages.first(where: { $0.definition.definition.name == stage.configuration.name })
        else { return }
        do throws(Failure) {
            _ = try type.init(configuration: stage.configuration, schema: Schema(main.columns.map(\.field)))
        } catch {
            let parameter = error.place.split(separator: ".").dropFirst().first.map(String.init)
            var message = JobFinding.Message.world(error)
            message.severity = .error
            stage.mapping.report(message, at: parameter)
        }
    }
}
