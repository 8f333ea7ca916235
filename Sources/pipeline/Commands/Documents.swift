import ArgumentParser
import Connectors
import Foundation
import Models
import Pipelines
import Records

/// `pipeline documents`
struct DocumentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "documents", abstract: "Keep documents that answers may rest on, and find passages in them.",
        discussion: """
            Documents are kept in the database, cut into passages, each with its source and the dates between which it holds. A newer version \
            takes the place of the older from its own first day on; a search as of an earlier time sees what was known then. `pipeline ask \
            --documents` answers from them alone.

              pipeline documents add returns.txt --name returns-policy --from 2026-04-01
              pipeline documents search "How long may goods be returned?"
              pipeline documents list
            """, subcommands: subcommands)

    private static var subcommands: [any ParsableCommand.Type] {
        let always: [any ParsableCommand.Type] = [DocumentsAdd.self, DocumentsSearch.self, DocumentsList.self]
        #if Remote
            return always + [DocumentsEmbed.self]
        #else
            return always
        #endif
    }
}

/// `pipeline documents add`
struct DocumentsAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Keep a document, or a new version of one.",
        discussion: "  pipeline documents add returns.txt --name returns-policy --source \"Returns policy, intranet\" --from 2026-04-01")

    @Argument(help: ArgumentHelp("Plain text in UTF-8.", valueName: "file"), completion: .file())
    var file: String
    @Option(help: ArgumentHelp("What it is cited by; the file's name without its ending when not given.", valueName: "name"))
    var name: String?
    @Option(help: ArgumentHelp("Where it comes from, for people; the file when not given.", valueName: "text"))
    var source: String?
    @Option(name: .customLong("from"), help: ArgumentHelp("From when it holds; now when not given.", valueName: "time"))
    var begin: Timestamp?
    @Option(name: .customLong("to"), help: ArgumentHelp("Before when it holds; until further notice when not given.", valueName: "time"))
    var end: Timestamp?
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        guard let data = FileManager.default.contents(atPath: file), let text = String(validating: data, as: UTF8.self) else {
            throw Failure.documentFile(file)
        }
        let environment = warehouse.environment, now = environment.now()
        let short = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        let (name, source, begin, end, actor) = (name ?? short, source ?? file, begin, end, environment.actor)
        let database = try warehouse.open(.write)
        defer { database.close() }
        let (document, isNew) = try database.write(durable: true) {
            try DocumentStore($0).add(
                text, name: name, source: source, validFrom: begin ?? now, validTo: end, at: now, actor: actor, keepsBegin: begin == nil)
        }
        output.console.note(
            isNew
                ? "\(document.name) version \(document.version) is kept: \(Quantity.count(document.passages, "passage"))."
                : "\(document.name) version \(document.version) is there already.")
    }
}

/// `pipeline documents list`
struct DocumentsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List documents and their versions.", discussion: "  pipeline documents list --format csv")

    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        let database = try warehouse.open(.read)
        defer { database.close() }
        let documents = try database.read { try DocumentStore($0).list() }
        if documents.isEmpty { output.console.note("No documents yet: `pipeline documents add` keeps the first.") }
        let table = Table(
            columns: [
                .init("name"), .init("version", .number), .init("from"), .init("to"), .init("passages", .number), .init("source"),
                .init("known"), .init("actor", hidden: true), .init("digest", hidden: true),
            ],
            rows: documents.map {
                [
                    .text($0.name), .identifier(Int64($0.version)), .time($0.validFrom), $0.validTo.map { .time($0) } ?? .missing,
                    .count($0.passages), .text($0.source), .time($0.known), .text($0.actor), .text($0.digest),
                ]
            })
        try format.write(table, to: output.console)
    }
}

/// `pipeline documents search`
struct DocumentsSearch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find passages by their words, and by their meaning where vectors are kept.",
        discussion: """
            Nothing found is said so, and nothing near is put in its place: then a person answers.

              pipeline documents search "How long may goods be returned?" --as-of 2026-03-01
              pipeline documents search 返品
              pipeline documents search "returns" --embedder bedrock:amazon.titan-embed-text-v2:0 --region ap-northeast-1 --cap 1
              pipeline documents search "returns" --encoder all-MiniLM-L6-v2
            """)

    @Argument(help: "What is looked for.")
    var question: String
    @Option(help: ArgumentHelp("By what held and was known at this time; now when not given.", valueName: "time"))
    var asOf: Timestamp?
    @Option(help: ArgumentHelp("Show at most this many.", valueName: "count"))
    var limit = 5
    #if Remote
        @OptionGroup(title: "Vectors") var embedding: EmbeddingOptions
        @Option(help: ArgumentHelp("Most US dollars that documents and questions may spend on vectors in all.", valueName: "dollars"))
        var cap: Double?
    #endif
    @OptionGroup(title: "Database") var warehouse: WarehouseOptions
    @OptionGroup(title: "Output") var format: FormatOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is \(limit), expected 1 to 1000") }
        #if Remote
            guard cap.map({ $0 >= 0 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--cap is out of 0 to 1000000") }
        #endif
    }

    func run() throws {
        var (vector, model): ([Float]?, String) = (nil, "")
        #if Remote
            if let placed = try embedding.vector(of: question, cap: cap, warehouse) { (vector, model) = (placed.vector, placed.model) }
        #endif
        let database = try warehouse.open(.read)
        defer { database.close() }
        let (question, time, limit, asked, named) = (question, asOf ?? warehouse.environment.now(), limit, vector, model)
        let hits = try database.read {
            try DocumentStore($0).search(question, asOf: time, vector: asked, model: named, limit: limit)
        }
        if hits.isEmpty { output.console.note("Nothing was found: a person answers.") }
        let table = Table(
            columns: [
                .init("citation"), .init("score", .number), .init("text"), .init("source"), .init("from"), .init("to"),
                .init("terms", hidden: true),
            ],
            rows: hits.map { hit in
                [
                    .text(hit.passage.id), .real(hit.score, decimals: 4), .text(hit.passage.text), .text(hit.passage.source),
                    .time(hit.passage.validFrom), hit.passage.validTo.map { .time($0) } ?? .missing, .list(hit.terms),
                ]
            })
        try format.write(table, to: output.console)
    }
}

extension Failure {
    static func documentFile(_ path: String) -> Failure {
        Failure(
            .usage, code: "documents.file", what: "a document cannot be read", place: path, expected: "a file of plain text in UTF-8",
            remedy: "Name another file, or turn it into plain text first.")
    }

    static func nothingFound() -> Failure {
        Failure(
            .failed, code: "documents.nothing-found", what: "the documents do not answer the question",
            found: "no passage, or no cited sentence",
            expected: "a passage that holds", remedy: "A person answers; add a document with `pipeline documents add` if one is missing.")
    }
}
