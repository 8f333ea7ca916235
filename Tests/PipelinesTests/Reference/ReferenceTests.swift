import Connectors
import Foundation
import Models
import Pipelines
import Records
import Testing

// One after another: writing the pages comes before comparing them.
@Suite(.serialized) struct ReferenceTests {
    private static let folder = ShippedJobTests.root + "/docs/reference"

    /// Set `RECORD_REFERENCE=1` to write the pages where the command line is not built.
    @Test("the pages can be written", .enabled(if: ProcessInfo.processInfo.environment["RECORD_REFERENCE"] == "1"))
    func record() throws {
        for page in Reference.pages() {
            let url = URL(fileURLWithPath: "\(Self.folder)/\(page.path)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(page.text.utf8).write(to: url)
        }
    }

    /// Paths whose text is not what stands in the folder, and files that no page writes; `commands.md` is the command line's (`UsageTests`).
    private func stale(_ pages: [(path: String, text: String)], in folder: String) -> [String] {
        var stale = pages.filter { FileManager.default.contents(atPath: "\(folder)/\($0.path)") != Data($0.text.utf8) }.map(\.path)
        for case let path as String in FileManager.default.enumerator(atPath: folder)?.allObjects ?? []
        where path.hasSuffix(".md") && path != "commands.md" && !pages.contains(where: { $0.path == path }) {
            stale.append(path)
        }
        return stale
    }

    @Test("docs/reference is what the definitions in the code say (make docs writes it)")
    func fresh() {
        #expect(stale(Reference.pages(), in: Self.folder) == [])
    }

    @Test("a page that differs by one letter is found")
    func control() throws {
        var pages = Reference.pages()
        try #require(!pages.isEmpty)
        pages[0].text += "x"
        #expect(stale(pages, in: Self.folder) == [pages[0].path])
    }

    @Test("there is a page for every stage, format and family, and every key of the job file is in its page")
    func complete() throws {
        let pages = Reference.pages(), components = Components.standard
        let paths = Set(pages.map(\.path))
        for stage in components.stages { #expect(paths.contains("stages/\(stage.definition.definition.name).md")) }
        for format in components.formats { #expect(paths.contains("formats/\(format.definition.name).md")) }
        for family in components.families { #expect(paths.contains("models/\(family.definition.name).md")) }
        let page = try #require(pages.first { $0.path == "job-file.md" }).text
        for key in JobSection.all.flatMap(\.keys) { #expect(page.contains("`\(key.name)`"), "\(key.name)") }
        for page in pages { #expect(page.text.hasPrefix("<!-- Generated"), "\(page.path)") }
    }
}
