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

    /// A model behind HTTP, where it stands and where texts may go.
    struct RemoteModelOptions: ParsableArguments {
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

        func setting() throws(Failure) -> RemoteModelSetting {
            var setting = try RemoteModelSetting(model)
            (setting.endpoint, setting.region, setting.profile) = (endpoint, region, profile)
            setting.allowedRegions = allowedRegion
            return setting
        }
    }

    /// Which model is asked, and where it is.
    struct AskModelOptions: ParsableArguments {
        @OptionGroup var address: RemoteModelOptions
        @Option(help: ArgumentHelp("A guardrail of Bedrock and its version, a number or DRAFT.", valueName: "id:version"))
        var guardrail: String?
        @Flag(help: "Let Bedrock hold the answer to the schema or choices; not every model takes that. It is checked in any case.")
        var strict = false
        @Flag(help: "Read the answer as a stream.")
        var stream = false

        func setting() throws(Failure) -> RemoteModelSetting {
            var setting = try address.setting()
            (setting.streams, setting.holdsToSchema) = (stream, strict)
            if let guardrail {
                // An ARN has colons of its own: the last one is before the version.
                let colon = guardrail.lastIndex(of: ":") ?? guardrail.startIndex
                setting.guardrail = try Guardrail(
                    identifier: String(guardrail[..<colon]), version: String(guardrail[colon...].dropFirst(guardrail.contains(":") ? 1 : 0))
                )
            }
            return setting
        }
    }

    /// What is asked, beside the question.
    struct AskPromptOptions: ParsableArguments {
        @Option(help: ArgumentHelp("What the model is told to be.", valueName: "text"))
        var instructions = ""
        @Option(help: ArgumentHelp("A text allowed as an answer; repeat for more.", valueName: "text"))
        var choice: [String] = []
        @Option(help: ArgumentHelp("A JSON schema that the answer must meet.", valueName: "file"), completion: .file(extensions: ["json"]))
        var schema: String?
        @Option(help: ArgumentHelp("Most tokens of the answer.", valueName: "count"))
        var tokens = 256
        @Option(help: ArgumentHelp("Seconds for the whole call, repetitions included; of a batch for all of it.", valueName: "seconds"))
        var seconds: Int64?
        @Option(help: ArgumentHelp("A CSV file and its column with names of people, which are masked too.", valueName: "file:column"))
        var names: String?

        func validate() throws {
            guard (1...1_000_000).contains(tokens) else { throw ValidationError("--tokens is \(tokens), expected 1 to 1000000") }
            guard seconds.map({ (1...604_800).contains($0) }) ?? true else {
                throw ValidationError("--seconds is \(seconds ?? 0), expected 1 to 604800")
            }
            if let names, !names.contains(":") { throw ValidationError("--names is \(names), expected file:column") }
        }

        /// Instructions and choices as they may leave; an answer gets its values back like any other.
        func masked(_ mask: inout OutboundMask) -> AskPromptOptions {
            var own = self
            own.instructions = mask.masked(instructions)
            own.choice = choice.map { mask.masked($0) }
            return own
        }

        /// - Parameter text: masked.
        func prompt(_ text: String, role: Prompt.Role, task: String = "") throws(Failure) -> Prompt {
            var form: JSONValue?
            if let schema {
                guard let data = FileManager.default.contents(atPath: schema),
                    let value = JSONValue(parsing: String(decoding: data, as: UTF8.self))
                else { throw Failure.schemaFile(schema) }
                form = value
            }
            let messages = (task.isEmpty ? [] : [Prompt.Message(role: .task, text: task)]) + [Prompt.Message(role: role, text: text)]
            return Prompt(
                instructions: instructions, messages: messages, choices: choice, schema: form, tokenLimit: tokens,
                timeLimit: .seconds(seconds ?? 120), seed: 1)
        }
    }

    /// The ledger of what is asked by hand.
    struct AskLedgerOptions: ParsableArguments {
        @Option(
            help: ArgumentHelp("Keep the call in the ledger of this database.", valueName: "file"), completion: .file(extensions: ["db"]))
        var ledger: String?
        @Option(help: ArgumentHelp("With --ledger: most US dollars that `ask` may spend in all.", valueName: "dollars"))
        var cap: Double?

        func validate() throws {
            guard cap.map({ $0 >= 0 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--cap is out of 0 to 1000000") }
            guard cap == nil || ledger != nil else { throw ValidationError("--cap needs --ledger") }
        }

        /// - Returns: nil where none is named.
        func open(_ environment: Records.Environment, budget: String) throws(Failure) -> (database: Warehouse, ledger: Ledger)? {
            guard let path = ledger else { return nil }
            let database = try Warehouse(path: path)
            let ledger = Ledger(
                store: WarehouseLedger(database), budget: budget, caps: LedgerCaps(money: cap.map { Int64($0 * 1e9) }),
                owner: "\(environment.host) \(environment.processIdentifier) \(environment.now().microseconds)", now: environment.now)
            do throws(Failure) {
                try ledger.recover { Self.isAlive($0, host: environment.host) }
            } catch {
                database.close()
                throw error
            }
            return (database, ledger)
        }

        /// Whether the process that an entry names may still run: on another machine nobody here can tell.
        static func isAlive(_ owner: String, host: String) -> Bool {
            let words = owner.split(separator: " ")
            guard words.count == 3, words[0] == host, let process = Int32(words[1]), process > 0 else { return true }
            return kill(process, 0) == 0 || errno == EPERM
        }
    }

    /// Work that waits for a network, for commands that do not.
    enum RemoteWork {
        static func wait<Value: Sendable>(
            _ transport: ClientTransport, _ work: @escaping @Sendable () async throws(Failure) -> Value
        ) throws(Failure) -> Value {
            let outcome = Mutex<Result<Value, Failure>?>(nil)
            let ended = DispatchSemaphore(value: 0)
            Task {
                do throws(Failure) {
                    let value = try await work()
                    outcome.withLock { $0 = .success(value) }
                } catch {
                    outcome.withLock { $0 = .failure(error) }
                }
                await transport.shutdown()
                ended.signal()
            }
            ended.wait()
            let result = outcome.withLock { $0 }
            return try (result ?? .failure(Failure(.failed, code: "ask.no-outcome", what: "the call ended without an outcome"))).get()
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
