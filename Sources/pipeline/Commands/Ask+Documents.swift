#if Remote
    import ArgumentParser
    import Connectors
    import Models
    import Pipelines
    import Records
    import RemoteModels

    /// Answers that rest on documents alone.
    struct AskGroundOptions: ParsableArguments {
        @Option(
            help: ArgumentHelp("Answer from the documents of this database alone, and cite them.", valueName: "file"),
            completion: .file(extensions: ["db"]))
        var documents: String?
        @Option(help: ArgumentHelp("With --documents: by what held and was known at this time.", valueName: "time"))
        var asOf: Timestamp?
        @OptionGroup var encoding: EncoderOption

        static let task = """
            Answer the question from the passages alone. Each passage begins with its citation in square brackets. End every sentence with the \
            citation of the passage that says so, in square brackets. If the passages do not answer it, write nothing.
            """

        /// The question with the passages that were found, as data.
        ///
        /// - Throws: nothing was found.
        func grounded(
            _ prompt: Prompt, question: String, _ mask: inout OutboundMask, _ environment: Records.Environment
        ) throws -> Prompt {
            guard let documents else { return prompt }
            let database = try Warehouse(path: documents, access: .read)
            defer { database.close() }
            let time = asOf ?? environment.now()
            let encoder = try encoding.model(), place = encoder?.vector(of: question), model = encoder.map(EmbeddingOptions.name) ?? ""
            let hits = try database.read { try DocumentStore($0).search(question, asOf: time, vector: place, model: model) }
            guard !hits.isEmpty else { throw Failure.nothingFound() }
            var prompt = prompt
            prompt.instructions += (prompt.instructions.isEmpty ? "" : "\n\n") + Self.task
            for hit in hits { prompt.messages.append(.init(role: .data, text: "[\(hit.passage.id)] " + mask.masked(hit.passage.text))) }
            return prompt
        }

        /// The answer's sentences that cite a passage sent and hold no number that it lacks.
        ///
        /// - Throws: none is left.
        func checked(_ completion: Completion, _ prompt: Prompt) throws -> String {
            guard documents != nil, completion.ending != .blocked, completion.ending != .refused else { return completion.text }
            var evidence: [String: String] = [:]
            for message in prompt.messages where message.role == .data {
                guard message.text.first == "[", let end = message.text.firstIndex(of: "]") else { continue }
                let name = message.text[message.text.index(after: message.text.startIndex)..<end]
                evidence[String(name)] = String(message.text[message.text.index(after: end)...])
            }
            let check = AnswerCheck(fields: ["answer": .summary(8_000)], evidence: evidence)
            guard let kept = check.accepted(["answer": completion.text]).values["answer"] else { throw Failure.nothingFound() }
            return kept
        }
    }
#endif
