#if Remote
    import ArgumentParser
    import Models
    import Pipelines
    import Records
    import RemoteModels

    /// Asking about many texts.
    struct AskBatchOptions: ParsableArguments {
        @Option(help: ArgumentHelp("A CSV file; the question is asked of each of its texts.", valueName: "file"), completion: .file())
        var texts: String?
        @Option(help: ArgumentHelp("The column with the texts.", valueName: "name"))
        var column = "text"
        @Option(help: ArgumentHelp("The S3 bucket of a batch job.", valueName: "name"))
        var bucket: String?
        @Option(help: ArgumentHelp("What the keys in the bucket begin with.", valueName: "path"))
        var prefix = "pipeline"
        @Option(help: ArgumentHelp("The role that Bedrock takes to read and write the bucket.", valueName: "arn"))
        var role: String?
        @Option(help: ArgumentHelp("The job's name: the same name asks for the same job again.", valueName: "name"))
        var name: String?
        @Option(help: ArgumentHelp("Fewer texts are sent one by one.", valueName: "count"))
        var least = 100

        func validate() throws {
            let given = [bucket, role, name].compactMap(\.self).count
            guard given == 0 || given == 3 else { throw ValidationError("a batch job needs --bucket, --role and --name together") }
            guard given == 0 || texts != nil else { throw ValidationError("a batch job needs --texts") }
            guard least >= 1 else { throw ValidationError("--least is \(least), expected 1 or more") }
        }
    }

    extension Ask {
        /// Every text masked by itself: pseudonyms are those of one exchange.
        func askEach(
            _ texts: [String], _ prompt: AskPromptOptions, task: String, _ mask: OutboundMask, _ session: AskSession, _ ledger: Ledger?
        ) throws {
            var masks: [OutboundMask] = [], prompts: [Prompt] = []
            for text in texts {
                var own = mask
                prompts.append(try prompt.prompt(own.masked(text), role: .data, task: task))
                masks.append(own)
            }
            let answers = try results(of: prompts, session, ledger)
            let rows: [[Cell]] = answers.enumerated().map { row, answer in
                switch answer {
                case .success(let completion):
                    [
                        .identifier(Int64(row + 1)), .text(masks[row].restored(completion.text)), .text(completion.ending.rawValue),
                        .count(completion.promptTokens), .count(completion.answerTokens), .missing,
                    ]
                case .failure(let failure):
                    [.identifier(Int64(row + 1)), .missing, .text("failed"), .missing, .missing, .text(failure.code)]
                }
            }
            let columns: [Table.Column] = [
                .init("row", .number), .init("answer"), .init("ending"), .init("prompt_tokens", .number), .init("answer_tokens", .number),
                .init("failure"),
            ]
            try format.write(Table(columns: columns, rows: rows), to: output.console)
            let failed = answers.count { if case .failure = $0 { true } else { false } }
            guard failed == 0 else { throw Failure.notAllAnswered(failed, of: answers.count) }
        }

        private func results(of prompts: [Prompt], _ session: AskSession, _ ledger: Ledger?) throws -> [Result<Completion, Failure>] {
            guard let bucket = many.bucket, let role = many.role, let name = many.name else {
                let completer = try session.completer(ledger)
                return try RemoteWork.wait(session.transport) { () async throws(Failure) in await Self.singly(prompts, completer) }
            }
            let configuration = BatchInference.Configuration(role: role, bucket: bucket, prefix: many.prefix, leastRecords: many.least)
            let batch = try session.setting.batch(
                environment: session.environment, transport: session.transport, pace: session.pace, configuration: configuration)
            let limit = Timestamp.Span.seconds(prompt.seconds ?? 86_400)
            guard let ledger else {
                return try RemoteWork.wait(session.transport) { () async throws(Failure) in
                    try await batch.answers(to: prompts, name: name, limit: limit).map(\.result)
                }
            }
            let ledgered = LedgeredBatch(
                batch, ledger: ledger, facts: try session.setting.facts(), settings: session.setting.ledgerSettings)
            return try RemoteWork.wait(session.transport) { () async throws(Failure) in
                try await ledgered.answers(to: prompts, name: name, limit: limit)
            }
        }

        private static func singly(_ prompts: [Prompt], _ completer: any Completer) async -> [Result<Completion, Failure>] {
            var results: [Result<Completion, Failure>] = []
            for prompt in prompts {
                do throws(Failure) {
                    results.append(.success(try await completer.completion(of: prompt)))
                } catch {
                    results.append(.failure(error))
                }
            }
            return results
        }
    }

    extension Failure {
        static func notAllAnswered(_ failed: Int, of count: Int) -> Failure {
            Failure(
                .failed, code: "ask.not-all", what: "not all texts were answered", found: "\(failed) of \(count) failed",
                expected: "an answer for each",
                remedy: "See the column `failure`; start the command again: with --ledger what is settled is kept.")
        }
    }
#endif
