#if Remote
    import ArgumentParser
    import Connectors
    import Foundation
    import Models
    import Pipelines
    import Records
    import RemoteModels

    /// `pipeline ask`
    struct Ask: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a language model by hand: once, or each text of a CSV file, singly or as a batch job of Bedrock.",
            discussion: """
                What leaves is masked, as in jobs, and the values are put back into the answer. Keys come from the environment \
                (AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID, AWS_PROFILE, OPENAI_API_KEY) or from files with mode 0600. With --ledger the \
                call is reserved, settled and kept as it left, and the same question is answered from that database.

                With --texts the question is asked of every text, which is data and never an instruction. With --bucket and --role that is one \
                batch job at the price of batches; below the service's least number of records the texts are sent one by one.

                  pipeline ask --model bedrock:jp.anthropic.claude-haiku-4-5-20251001-v1:0 --region ap-northeast-1 "What is a chargeback?"
                  pipeline ask --model openai:smollm2 --endpoint http://127.0.0.1:8080/v1 "What is a chargeback?"
                  pipeline ask --model bedrock:amazon.nova-lite-v1:0 --texts messages.csv --choice refund --choice other --bucket notes \
                --role arn:aws:iam::123456789012:role/batch --name triage-1 "Which intent?"
                """)

        @OptionGroup(title: "Model") var model: AskModelOptions
        @OptionGroup(title: "Prompt") var prompt: AskPromptOptions
        @OptionGroup(title: "Documents") var grounds: AskGroundOptions
        @OptionGroup(title: "Ledger") var kept: AskLedgerOptions
        @OptionGroup(title: "Many texts") var many: AskBatchOptions
        @Argument(help: "The question; standard input when it is -.")
        var question: String
        @OptionGroup(title: "Output") var format: FormatOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            guard grounds.documents == nil || many.texts == nil else {
                throw ValidationError("--documents and --texts do not go together: answers from documents are to one question")
            }
        }

        func run() throws {
            let setting = try model.setting()
            let environment = Records.Environment.system()
            let transport = ClientTransport()
            let session = AskSession(
                setting: setting, environment: environment, transport: transport, pace: Pace.system(now: environment.now))
            let opened = try kept.open(environment, budget: "ask")
            defer { opened?.database.close() }
            let text = question == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : question
            var mask = OutboundMask(scanner: SensitiveScanner(names: try NamesFile.names(prompt.names)))
            let masked = mask.masked(text)
            let prompt = prompt.masked(&mask)
            if let texts = many.texts {
                return try askEach(
                    try TextColumns(path: texts, columns: [many.column]).columns[0], prompt, task: masked, mask, session, opened?.ledger)
            }
            let question = try grounds.grounded(try prompt.prompt(masked, role: .task), question: text, &mask, environment)
            let completer = try session.completer(opened?.ledger)
            var completion = try RemoteWork.wait(transport) { () async throws(Failure) in try await completer.completion(of: question) }
            completion.text = mask.restored(try grounds.checked(completion, question))
            try show(completion, masked: mask.pseudonyms.count, facts: session.facts, console: output.console)
        }

        private func show(_ completion: Completion, masked: Int, facts: ModelFacts, console: Console) throws {
            let used = facts.amounts(promptTokens: completion.promptTokens, answerTokens: completion.answerTokens)
            if format.format == .table {
                try console.write(DisplayWidth.visibleLines(completion.text) + "\n")
                console.note(
                    "\(completion.ending.rawValue), \(completion.promptTokens) and \(completion.answerTokens) tokens, "
                        + "\(completion.latency.microseconds / 1_000) ms, \(completion.attempts) calls, \(DisplayWidth.visible(completion.invokedModel))"
                        + (masked > 0 ? ", \(Quantity.count(masked, "value")) masked" : ""))
                return
            }
            let table = Table(
                columns: [
                    .init("text"), .init("ending"), .init("prompt_tokens", .number), .init("answer_tokens", .number), .init("usd", .number),
                    .init("milliseconds", .number), .init("calls", .number), .init("invoked_model"), .init("masked", .number),
                ],
                rows: [
                    [
                        .text(completion.text), .text(completion.ending.rawValue), .count(completion.promptTokens),
                        .count(completion.answerTokens), .real(Double(used.money) / 1e9, decimals: 6),
                        .count(completion.latency.microseconds / 1_000), .count(completion.attempts), .text(completion.invokedModel),
                        .count(masked),
                    ]
                ])
            try format.write(table, to: console)
        }
    }

    /// A model as the options name it, and what it needs.
    struct AskSession: Sendable {
        let setting: RemoteModelSetting
        let environment: Records.Environment
        let transport: ClientTransport
        let pace: Pace

        var facts: ModelFacts { (try? setting.facts()) ?? .local(setting.model) }

        func completer(_ ledger: Ledger?) throws(Failure) -> any Completer {
            let completer = try setting.completer(environment: environment, transport: transport, pace: pace)
            guard let ledger else { return completer }
            return LedgeredModel(
                completer, ledger: ledger, facts: try setting.facts(), settings: setting.ledgerSettings,
                energy: setting.isHere ? PowercapMeter(environment: environment).map { EnergyAccount($0) } : nil,
                pause: { try? await Task.sleep(for: .milliseconds(200)) })
        }
    }
#endif
