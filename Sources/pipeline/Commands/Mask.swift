import ArgumentParser
import Foundation
import Models
import Pipelines
import Records

/// `pipeline mask`
struct Mask: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what guardrails would mask in the texts of a CSV file, or measure them on marked texts.",
        discussion: """
            Prints each text as it would leave this machine. With --spans, a column with marks (`TYPE:start:end;…`, in Unicode characters), \
            it prints precision and recall of each recogniser instead. Nothing is written, nothing leaves.

              pipeline mask --file messages.csv --column text
              pipeline mask --file messages.csv --column text --names customers.csv:name
              pipeline mask --file ../shared/data/guardrails/pii_japanese_dev.csv --column text --spans spans
            """)

    @Option(help: ArgumentHelp("A CSV file.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var file: String
    @Option(help: ArgumentHelp("The column with the texts.", valueName: "name"))
    var column = "text"
    @Option(help: ArgumentHelp("The column with marks to measure by.", valueName: "name"))
    var spans: String?
    @Option(help: ArgumentHelp("A CSV file and its column with names of people, which are masked too.", valueName: "file:column"))
    var names: String?
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if let names, !names.contains(":") { throw ValidationError("--names is \(names), expected file:column") }
    }

    func run() throws {
        let scanner = SensitiveScanner(names: try NamesFile.names(names))
        guard let spans else { return try printMasked(scanner) }
        let rows = try MaskMeasurement.rows(file, text: column, spans: spans, scanner: scanner)
        let table = Table(
            columns: [
                .init("kind"), .init("precision", .number), .init("recall", .number), .init("found", .number), .init("exact", .number),
                .init("missed", .number), .init("wrong", .number),
            ],
            rows: rows.map { row in
                let figures = row.figures
                return [
                    .text(row.kind.rawValue), .real(figures.precision, decimals: 3), .real(figures.recall, decimals: 3),
                    .count(figures.found), .count(figures.exact), .count(figures.missed), .count(figures.wrong),
                ]
            })
        try format.write(table, to: output.console)
        try noteSpeed(scanner)
    }

    /// Of the recognisers alone, in processor time of this thread: reading and printing are another matter.
    private func noteSpeed(_ scanner: SensitiveScanner) throws {
        let texts = try TextColumns(path: file, columns: [column]).columns[0].map { Array($0.utf8) }
        func seconds() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let begun = seconds()
        let found = texts.reduce(0) { $0 + scanner.spans(in: $1).count }
        let spent = max(seconds() - begun, 1e-9)
        output.console.note(
            "\(Quantity.count(texts.count, "text")), \(Quantity.count(found, "value")) found, "
                + "\(Int(Double(texts.count) / spent)) texts a second of processor time.")
    }

    private func printMasked(_ scanner: SensitiveScanner) throws {
        let texts = try TextColumns(path: file, columns: [column]).columns[0]
        // Pseudonyms are those of one exchange: every text has its own.
        let rows: [[Cell]] = texts.map { text in
            var mask = OutboundMask(scanner: scanner)
            let masked = mask.masked(text)
            return [.text(masked), .count(mask.pseudonyms.count)]
        }
        try format.write(Table(columns: [.init("text"), .init("masked", .number)], rows: rows), to: output.console)
    }
}
