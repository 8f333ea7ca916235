#if Remote
    import ArgumentParser
    import Connectors
    import Models
    import Pipelines
    import Records
    import RemoteModels

    /// `pipeline review draft`
    struct ReviewDraft: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "draft", abstract: "Let a language model draft a note about an item, for you to edit and sign.",
            discussion: """
                The item's fields, reasons and evidence go out masked: columns that the job calls personal, and all that is text in evidence, as \
                pseudonyms. What comes back is checked: a sentence stands only if it cites a field that was sent and has no number that is not \
                in it. The exchange is kept in the ledger, which answers the same question again, and the note with the item: `review show` and the \
                web page show it. You sign it by deciding with it as the reason; the decision then says that it began as this draft, and \
                whether you changed it.

                  pipeline review draft 7 --model openai:llama --endpoint http://127.0.0.1:8080/v1 > note.txt
                  pipeline review decide 7 hold --reason @note.txt
                """)

        @Argument(help: "The item's number.", completion: Completions.items)
        var item: Int64
        @OptionGroup(title: "Model") var address: RemoteModelOptions
        @Option(help: ArgumentHelp("Most US dollars that drafts may cost in all.", valueName: "dollars"))
        var cap: Double?
        @OptionGroup(title: "Database") var warehouse: WarehouseOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            guard cap.map({ $0 >= 0 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--cap is out of 0 to 1000000") }
        }

        func run() throws {
            let database = try warehouse.open(.write)
            defer { database.close() }
            let number = item
            let note = try database.read { database in try CaseNote.of(try ReviewStore(database).show(number).item, in: database) }
            let setting = try address.setting()
            let environment = warehouse.environment
            let transport = ClientTransport()
            let ledger = Ledger(
                store: WarehouseLedger(database), budget: "notes", caps: LedgerCaps(money: cap.map { Int64($0 * 1e9) }),
                owner: "\(environment.host) \(environment.processIdentifier) \(environment.now().microseconds)", now: environment.now)
            try ledger.recover { AskLedgerOptions.isAlive($0, host: environment.host) }
            let completer = LedgeredModel(
                try setting.completer(environment: environment, transport: transport, pace: .system(now: environment.now)), ledger: ledger,
                facts: try setting.facts(), settings: setting.ledgerSettings, pause: { try? await Task.sleep(for: .milliseconds(200)) })
            let prompt = note.prompt
            let completion = try RemoteWork.wait(transport) { () async throws(Failure) in try await completer.completion(of: prompt) }
            guard let draft = note.draft(from: completion), !draft.text.isEmpty else {
                throw Failure(
                    .failed, code: "review.no-draft", what: "the model's answer holds no sentence that stands",
                    place: completion.invokedModel, found: completion.ending.rawValue,
                    expected: "sentences that cite a field and have its numbers only",
                    remedy: "Write the note yourself, or ask another model.")
            }
            let now = environment.now()
            try database.write { database in try DraftStore(database).keep(draft, of: number, from: note, at: now) }
            try output.console.write(DisplayWidth.visibleLines(draft.text) + "\n")
            for dropped in draft.dropped { output.console.note("dropped a sentence of `\(dropped.field)`: \(dropped.reason.rawValue)") }
        }
    }
#endif
