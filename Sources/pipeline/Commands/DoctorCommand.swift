import ArgumentParser
import Models
import Pipelines
import Records

/// `pipeline doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at what jobs need of this machine and at the database, and say what to do.",
        discussion: """
            Exits with 1 when there is a problem; warnings do not count.

              pipeline doctor --database /data/pipeline.db
              pipeline doctor --thorough
            """)

    @Flag(help: "Also check every index of the database against its table: takes as long as reading the file.")
    var thorough = false
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        var libraries: [(name: String, version: String)] = []
        for family in ModelFamilies.classifiers where !libraries.contains(where: { $0.version == family.libraryVersion }) {
            libraries.append(("library", family.libraryVersion))
        }
        let findings = Doctor(
            database: warehouse.database, now: warehouse.environment.now(), isThorough: thorough, libraries: libraries
        ).examine()
        try format.write(
            Table(
                columns: [.init("subject"), .init("level"), .init("found"), .init("what_to_do")],
                rows: findings.map {
                    [.text($0.subject), .text($0.level.rawValue), .text($0.found), .text($0.remedy.isEmpty ? nil : $0.remedy)]
                }),
            to: output.console)
        if findings.contains(where: { $0.level == .problem }) { throw ExitCode(1) }
    }
}
