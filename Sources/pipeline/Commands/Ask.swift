#if Remote
    import ArgumentParser
    import Connectors
    import Dispatch
    import Foundation
    import Models
    import Pipelines
    import Records
    import RemoteModels
    import Synchronization

    /// `pipeline ask`
    struct Ask: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a language model once, to see that endpoint, credentials and settings work.",
            discussion: """
                The text is sent as it is: nothing is masked here. Keys come from the environment (AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID, \
                AWS_PROFILE, OPENAI_API_KEY) or from files with mode 0600. With --ledger the call is reserved, settled and kept in that \
                database, and the same question is answered from it.

                  pipeline ask --model bedrock:jp.anthropic.claude-haiku-4-5-20251001-v1:0 --region ap-northeast-1 "What is a chargeback?"
                  pipeline ask --model openai:smollm2 --endpoint http://127.0.0.1:8080/v1 "What is a chargeback?"
                """)

        @Option(help: ArgumentHelp("bedrock:MODEL, bedrock-invoke:MODEL or openai:MODEL.", valueName: "kind:model"))
        var model: String
        @Option(help: ArgumentHelp("The server's address; of AWS when not given.", valueName: "url"))
        var endpoint: String?
        @Option(help: ArgumentHelp("The AWS region; AWS_REGION or the profile's when not given.", valueName: "name"))
        var region: String?
        @Option(help: ArgumentHelp("The AWS profile; AWS_PROFILE when not given.", valueName: "name"))
        var profile: String?
        @Option(help: ArgumentHelp("A region that the prompt may reach; repeat for more.", valueName: "name"))
        var allowedRegion: [String] = []
        @Option(help: ArgumentHelp("What the model is told to be.", valueName: "text"))
        var instructions = ""
        @Option(help: ArgumentHelp("A text allowed as an answer; repeat for more.", valueName: "text"))
        var choice: [String] = []
        @Option(help: ArgumentHelp("A JSON schema that the answer must meet.", valueName: "file"), completion: .file(extensions: ["json"]))
        var schema: String?
        @Option(help: ArgumentHelp("Most tokens of the answer.", valueName: "count"))
        var tokens = 256
        @Option(help: ArgumentHelp("Seconds for the whole call, repetitions included.", valueName: "seconds"))
        var seconds: Int64 = 120
        @Flag(help: "Read the answer as a stream.")
        var stream = false
        @Option(
            help: ArgumentHelp("Keep the call in the ledger of this database.", valueName: "file"), completion: .file(extensions: ["db"]))
        var ledger: String?
        @Option(help: ArgumentHelp("With --ledger: most US dollars that `ask` may spend in all.", valueName: "dollars"))
        var cap: Double?
        @Argument(help: "The question; standard input when it is -.")
        var question: String
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            guard (1...1_000_000).contains(tokens) else { throw ValidationError("--tokens is \(tokens), expected 1 to 1000000") }
            guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds is \(seconds), expected 1 to 86400") }
            guard cap.map({ $0 >= 0 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--cap is out of 0 to 1000000") }
            guard cap == nil || ledger != nil else { throw ValidationError("--cap needs --ledger") }
        }

        func run() throws {
            let console = output.console
            var setting = try RemoteModelSetting(model)
            (setting.endpoint, setting.region, setting.profile) = (endpoint, region, profile)
            (setting.allowedRegions, setting.streams) = (allowedRegion, stream)
            let environment = Records.Environment.system()
            let pace = Pace.system(now: environment.now)
            let transport = ClientTransport()
            var completer = try setting.completer(environment: environment, transport: transport, pace: pace)
            let database = try ledger.map { path throws(Failure) in try Warehouse(path: path) }
            defer { database?.close() }
            let facts = (try? setting.facts()) ?? .local(setting.model)
            if let database {
                let ledger = Ledger(
                    store: WarehouseLedger(database), budget: "ask", caps: LedgerCaps(money: cap.map { Int64($0 * 1e9) }),
                    owner: "\(environment.host) \(environment.processIdentifier) \(environment.now().microseconds)", now: environment.now)
                try ledger.recover { Self.isAlive($0, host: environment.host) }
                completer = LedgeredModel(
                    completer, ledger: ledger, facts: try setting.facts(), settings: setting.ledgerSettings,
                    pause: { try? await Task.sleep(for: .milliseconds(200)) })
            }
            let outcome = Self.wait(completer, try prompt(), transport)
            try show(try outcome.get(), facts: facts, console: console)
        }

        /// Whether the process that an entry names may still run: on another machine nobody here can tell.
        private static func isAlive(_ owner: String, host: String) -> Bool {
            let words = owner.split(separator: " ")
            guard words.count == 3, words[0] == host, let process = Int32(words[1]), process > 0 else { return true }
            return kill(process, 0) == 0 || errno == EPERM
        }

        private func prompt() throws -> Prompt {
            var form: JSONValue?
            if let schema {
                guard let data = FileManager.default.contents(atPath: schema),
                    let value = JSONValue(parsing: String(decoding: data, as: UTF8.self))
                else { throw Failure.schemaFile(schema) }
                form = value
            }
            let text = question == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : question
            return Prompt(
                instructions: instructions, messages: [.init(role: .task, text: text)], choices: choice, schema: form, tokenLimit: tokens,
                timeLimit: .seconds(seconds), seed: 1)
        }

        private static func wait(_ completer: any Completer, _ prompt: Prompt, _ transport: ClientTransport) -> Result<Completion, Failure>
        {
            let outcome = Mutex<Result<Completion, Failure>?>(nil)
            let ended = DispatchSemaphore(value: 0)
            Task {
                do throws(Failure) {
                    let completion = try await completer.completion(of: prompt)
                    outcome.withLock { $0 = .success(completion) }
                } catch {
                    outcome.withLock { $0 = .failure(error) }
                }
                await transport.shutdown()
                ended.signal()
            }
            ended.wait()
            return outcome.withLock { $0 } ?? .failure(Failure(.failed, code: "ask.no-outcome", what: "the call ended without an outcome"))
        }

        private func show(_ completion: Completion, facts: ModelFacts, console: Console) throws {
            let used = facts.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
            if format.format == .table {
                try console.write(completion.text + "\n")
                console.note(
                    "\(completion.ending.rawValue), \(completion.promptTokens) and \(completion.answerTokens) tokens, "
                        + "\(completion.latency.microseconds / 1_000) ms, \(completion.attempts) calls, \(completion.invokedModel)")
                return
            }
            let table = Table(
                columns: [
                    .init("text"), .init("ending"), .init("prompt_tokens", .number), .init("answer_tokens", .number), .init("usd", .number),
                    .init("milliseconds", .number), .init("calls", .number), .init("invoked_model"),
                ],
                rows: [
                    [
                        .text(completion.text), .text(completion.ending.rawValue), .count(completion.promptTokens),
                        .count(completion.answerTokens), .real(Double(used.money) / 1e9, decimals: 6),
                        .count(completion.latency.microseconds / 1_000), .count(completion.attempts), .text(completion.invokedModel),
                    ]
                ])
            try format.write(table, to: console)
        }
    }

    extension Failure {
        static func schemaFile(_ path: String) -> Failure {
            Failure(
                .usage, code: "ask.schema", what: "the schema cannot be read", place: path, expected: "a file with one JSON value",
                remedy: "Name another file.")
        }
    }
#endif
