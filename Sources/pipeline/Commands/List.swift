import ArgumentParser
import Connectors
import Models
import Pipelines
import Records

/// A kind of component that job files name.
enum ComponentKind: String, CaseIterable, ExpressibleByArgument {
    case stages, formats, models

    /// In the order of the list in the code.
    var definitions: [Definition] {
        switch self {
        case .stages: Stages.all.map { $0.definition.definition }
        case .formats: FeedFormats.all.map { $0.definition }
        case .models: ModelFamilies.classifiers.map { $0.definition }
        }
    }

    /// `stage`
    var singular: String { self == .models ? "model family" : String(rawValue.dropLast()) }
}

/// `pipeline list`
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what a job file can name: stages, formats and model families.",
        discussion: "  pipeline list\n  pipeline list stages")

    @Argument(help: "stages, formats or models; all when not given.", completion: .list(ComponentKind.allCases.map(\.rawValue)))
    var kind: ComponentKind?
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let kinds = kind.map { [$0] } ?? ComponentKind.allCases
        let table = Table(
            columns: [.init("kind"), .init("name"), .init("summary")],
            rows: kinds.flatMap { kind in kind.definitions.map { [.text(kind.singular), .text($0.name), .text($0.summary)] } })
        try format.write(table, to: output.console)
        output.console.note("\n`pipeline describe NAME` lists the settings of one.")
    }
}
