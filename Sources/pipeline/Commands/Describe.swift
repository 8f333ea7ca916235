import ArgumentParser
import Connectors
import Pipelines
import Records

/// `pipeline describe`
struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Describe a stage, format or model family: its settings with types, defaults and examples.",
        discussion: "  pipeline describe fraud\n  pipeline describe csv --format json")

    @Argument(
        help: "Name of a stage, format or model family.",
        completion: .list(ComponentKind.allCases.flatMap { $0.definitions.map(\.name) }))
    var name: String
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let all = ComponentKind.allCases.flatMap { kind in kind.definitions.map { (kind: kind, definition: $0) } }
        let found = all.filter { $0.definition.name == name }
        guard let (kind, definition) = found.first else { throw Failure.componentUnknown(name, known: all.map(\.definition.name)) }
        let view = ComponentView(kind: kind.singular, definition: definition, stage: kind == .stages ? Stages.named(name)?.definition : nil)
        let console = output.console
        if format.format == .table { return try console.write(view.text(console.output)) }
        try format.write(view.details, to: console)
    }
}

extension Failure {
    static func componentUnknown(_ name: String, known: [String]) -> Failure {
        Failure(
            .usage, code: "describe.unknown", what: "there is no such stage, format or model family", found: "'\(name)'",
            expected: known.joined(separator: ", "), remedy: Nearest.name(to: name, among: known).map { "Did you mean '\($0)'?" } ?? "")
    }
}
