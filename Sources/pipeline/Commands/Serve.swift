#if Web
    import ArgumentParser
    import Connectors
    import Dispatch
    import Pipelines
    import Records
    import ReviewWeb
    import Synchronization

    /// `pipeline serve`
    struct Serve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the review queue as pages in the browser of this machine.",
            discussion: """
                Listens on 127.0.0.1 only, and prints the address to open: it carries a token that is new with every start, and without which \
                nothing is shown. Who decides is the account that runs the server, as with `pipeline review`. Ctrl-C ends it.

                  pipeline serve --queue fraud
                """)

        @Option(help: ArgumentHelp("The port, 1 to 65535.", valueName: "number"))
        var port = 8_080
        @Option(help: ArgumentHelp("The queue shown first; the fullest when not given.", valueName: "name"), completion: Completions.queues)
        var queue: String?
        @OptionGroup var lease: LeaseOptions
        @OptionGroup(title: "Database") var warehouse: WarehouseOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            guard (1...65_535).contains(port) else { throw ValidationError("--port is \(port), expected 1 to 65535") }
        }

        func run() throws {
            let console = output.console
            let database = try warehouse.open(.write)
            defer { database.close() }
            let (key, port) = (SessionKey(), port)
            let site = Site(
                warehouse: database, configuration: .init(queue: queue, lease: lease.lease, port: port), environment: warehouse.environment,
                key: key)
            let server = ReviewServer(site: site, port: port)
            let ending = Mutex<(any Error)?>(nil)
            let ended = DispatchSemaphore(value: 0)
            Task {
                do {
                    try await server.run {
                        try? console.write("http://127.0.0.1:\(port)/?token=\(key.token)\n")
                        console.note("Open this address in a browser of this machine. Ctrl-C ends the server.")
                    }
                } catch {
                    ending.withLock { $0 = error }
                }
                ended.signal()
            }
            ended.wait()
            if let error = ending.withLock({ $0 }) { throw error }
        }
    }
#endif
