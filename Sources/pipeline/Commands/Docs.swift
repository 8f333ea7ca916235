import ArgumentParser
import Pipelines
import Records

/// `pipeline docs`
struct Docs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the reference pages from the definitions in the code and the help of every command.",
        discussion: "Prints the path of each page written.\n\n  pipeline docs --out docs/reference")

    @Option(help: ArgumentHelp("Folder to write to; it is created.", valueName: "folder"), completion: .directory)
    var out: String
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        for page in Reference.pages() + [(path: "commands.md", text: CommandReference.text)] {
            try TextFile.write("\(out)/\(page.path)", page.text)
            try output.console.write("\(out)/\(page.path)\n")
        }
    }
}
