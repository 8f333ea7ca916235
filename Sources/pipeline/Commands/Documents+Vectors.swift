#if Remote
    import ArgumentParser
    import Connectors
    import Models
    import Pipelines
    import Records
    import RemoteModels

    /// The model that places texts in space.
    struct EmbeddingOptions: ParsableArguments {
        @Option(help: ArgumentHelp("bedrock:MODEL (Titan V2) or openai:MODEL; words only when not given.", valueName: "kind:model"))
        var embedder: String?
        @OptionGroup var local: EncoderOption
        @Option(help: ArgumentHelp("Values a vector, as the model gives them.", valueName: "count"))
        var dimensions = 1_024
        @Option(help: ArgumentHelp("The server's address; of AWS when not given.", valueName: "url"))
        var endpoint: String?
        @Option(help: ArgumentHelp("The AWS region; AWS_REGION or the profile's when not given.", valueName: "name"))
        var region: String?
        @Option(help: ArgumentHelp("A region that the texts may reach; repeat for more.", valueName: "name"))
        var allowedRegion: [String] = []

        func setting() throws(Failure) -> RemoteModelSetting? {
            guard let embedder else { return nil }
            var setting = try RemoteModelSetting(embedder)
            (setting.endpoint, setting.region, setting.allowedRegions) = (endpoint, region, allowedRegion)
            return setting
        }

        /// Vectors of another model or length do not compare.
        static func name(_ embedder: any Embedder) -> String { "\(embedder.family):\(embedder.model):\(embedder.dimensions)" }

        /// A question's place, masked before it leaves, its call reserved and settled in the ledger; by an encoder that runs here nothing
        /// leaves. Nil without either.
        func vector(
            of question: String, cap: Double?, _ warehouse: WarehouseOptions
        ) throws -> (vector: [Float], model: String)? {
            if let encoder = try local.model() { return (encoder.vector(of: question), Self.name(encoder)) }
            guard let setting = try setting() else { return nil }
            let transport = ClientTransport()
            let database = try warehouse.open(.write)
            defer { database.close() }
            let (embedder, name) = try ledgered(setting, cap: cap, database: database, warehouse.environment, transport)
            var mask = OutboundMask(scanner: SensitiveScanner())
            let masked = mask.masked(question)
            let vector = try RemoteWork.wait(transport) { () async throws(Failure) in try await embedder.vectors(of: [masked]) }
            return (vector, name)
        }

        /// The model behind the ledger of a database, and what its vectors are called.
        func ledgered(
            _ setting: RemoteModelSetting, cap: Double?, database: Warehouse, _ environment: Records.Environment,
            _ transport: ClientTransport
        ) throws(Failure) -> (embedder: LedgeredEmbedder, name: String) {
            let (base, destination) = try setting.embedder(
                dimensions: dimensions, environment: environment, transport: transport, pace: .system(now: environment.now))
            let ledger = Ledger(
                store: WarehouseLedger(database), budget: "documents", caps: LedgerCaps(money: cap.map { Int64($0 * 1e9) }),
                owner: "\(environment.host) \(environment.processIdentifier) \(environment.now().microseconds)", now: environment.now)
            try ledger.recover { AskLedgerOptions.isAlive($0, host: environment.host) }
            return (
                LedgeredEmbedder(base, destination: destination, ledger: ledger, facts: try setting.facts()), Self.name(base)
            )
        }
    }

    /// `pipeline documents embed`
    struct DocumentsEmbed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "embed", abstract: "Let a model place the passages that it has not placed yet, to find them by meaning too.",
            discussion: """
                Passages are masked before they leave; each call is reserved and settled in the ledger of the same database. An encoder that \
                runs here (--encoder) needs neither: nothing leaves.

                  pipeline documents embed --embedder bedrock:amazon.titan-embed-text-v2:0 --dimensions 512 --region ap-northeast-1
                  pipeline documents embed --embedder openai:nomic-embed --endpoint http://127.0.0.1:8080/v1 --dimensions 768
                  pipeline documents embed --encoder all-MiniLM-L6-v2
                """)

        @OptionGroup(title: "Vectors") var embedding: EmbeddingOptions
        @Option(help: ArgumentHelp("Most US dollars that embedding may spend in all.", valueName: "dollars"))
        var cap: Double?
        @OptionGroup(title: "Database") var warehouse: WarehouseOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            guard (embedding.embedder == nil) != (embedding.local.encoder == nil) else {
                throw ValidationError("give either --embedder or --encoder")
            }
            guard cap.map({ $0 >= 0 && $0 <= 1_000_000 }) ?? true else { throw ValidationError("--cap is out of 0 to 1000000") }
        }

        func run() throws {
            if let encoder = try embedding.local.model() { return try place(by: encoder) }
            guard let setting = try embedding.setting() else { return }
            let environment = warehouse.environment, transport = ClientTransport()
            let database = try warehouse.open(.write)
            defer { database.close() }
            let (embedder, model) = try embedding.ledgered(setting, cap: cap, database: database, environment, transport)
            let placed = try RemoteWork.wait(transport) { () async throws(Failure) in
                try await Self.place(database, embedder, model: model)
            }
            output.console.note("\(Quantity.count(placed, "passage")) placed by \(model).")
        }

        private func place(by encoder: SentenceEncoder) throws {
            let database = try warehouse.open(.write)
            defer { database.close() }
            let model = EmbeddingOptions.name(encoder)
            var count = 0
            while true {
                let group = try database.read { try DocumentStore($0).passagesWithout(vectorsOf: model, limit: 64) }
                guard !group.isEmpty else { break }
                let vectors = encoder.meanings(of: group.map(\.text)).flatMap(\.self)
                try database.write(durable: true) { try DocumentStore($0).keep(vectors, of: group.map(\.id), model: model) }
                count += group.count
            }
            output.console.note("\(Quantity.count(count, "passage")) placed by \(model).")
        }

        /// In groups, each kept before the next is asked for: a stopped command goes on where it was.
        private static func place(_ database: Warehouse, _ embedder: LedgeredEmbedder, model: String) async throws(Failure) -> Int {
            var count = 0
            while true {
                let group = try database.read { try DocumentStore($0).passagesWithout(vectorsOf: model, limit: 64) }
                guard !group.isEmpty else { return count }
                let texts = group.map { passage in
                    var mask = OutboundMask(scanner: SensitiveScanner())
                    return mask.masked(passage.text)
                }
                let vectors = try await embedder.vectors(of: texts)
                try database.write(durable: true) { try DocumentStore($0).keep(vectors, of: group.map(\.id), model: model) }
                count += group.count
            }
        }
    }
#endif
