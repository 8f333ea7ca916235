#if Remote
    import Connectors
    import Dispatch
    import Models
    import Pipelines
    import Records
    import RemoteModels
    import Synchronization

    /// Language models behind HTTP for the stages of a job, every call reserved and settled in the job's database. Over a connection of its
    /// own: the run's is busy writing.
    final class RemoteSupplier: ModelSupplier {
        private let job: String
        private let database: Warehouse
        private let environment: Records.Environment
        private let transport = ClientTransport()
        private let tally = Mutex(Tally())
        /// Of this machine, for models on it.
        private let energy: EnergyAccount?

        /// What became of the questions of a run.
        struct Tally {
            var asked = 0
            var failed: [String: Int] = [:]
            /// The same failure, so many times in a row.
            var inARow = 0
            var last: Failure?
        }

        /// After so many failures in a row nobody is asked any more: a run of a million rows does not wait a million times for a server
        /// that is gone.
        private static let mostInARow = 5

        init(job: String, options: WarehouseOptions) throws {
            (self.job, environment) = (job, options.environment)
            database = try options.open(.write)
            energy = PowercapMeter(environment: options.environment).map { EnergyAccount($0) }
            let host = environment.host
            try ledger(nil).recover { AskLedgerOptions.isAlive($0, host: host) }
        }

        private func ledger(_ budget: Int64?) -> Ledger {
            Ledger(
                store: WarehouseLedger(database), budget: job, caps: LedgerCaps(money: budget),
                owner: "\(environment.host) \(environment.processIdentifier) \(environment.now().microseconds)", now: environment.now)
        }

        func completer(for model: AskedModel) throws(Failure) -> any Completer {
            var setting = try RemoteModelSetting(model.name)
            (setting.region, setting.allowedRegions) = (model.region, model.allowedRegions)
            // The address is a server's of the job; no other may see the keys of AWS.
            if setting.kind == .openai { setting.endpoint = model.endpoint }
            let base: any Completer
            do throws(Failure) {
                base = try setting.completer(environment: environment, transport: transport, pace: .system(now: environment.now))
            } catch {
                // Without credentials the run goes on, and says what was missing.
                guard error.code.hasPrefix("remote.") else { throw error }
                return Failing(model: model.bareName, failure: error, supplier: self)
            }
            let ledgered = LedgeredModel(
                base, ledger: ledger(model.budget), facts: try setting.facts(), settings: setting.ledgerSettings,
                energy: setting.isHere ? energy : nil, pause: { try? await Task.sleep(for: .milliseconds(200)) })
            return Counted(base: ledgered, supplier: self)
        }

        /// `3 of 12 questions to language models got no answer (remote.throttled 3)`; nil where nobody was asked.
        var sentence: String? {
            let tally = tally.withLock { $0 }
            guard tally.asked > 0 else { return nil }
            let failed = tally.failed.values.reduce(0, +)
            guard failed > 0 else { return "language models: \(tally.asked) questions, all answered" }
            let codes = tally.failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return "language models: \(failed) of \(tally.asked) questions got no answer (\(codes)); those rows were decided without it"
        }

        func finish() {
            let (transport, ended) = (transport, DispatchSemaphore(value: 0))
            Task {
                await transport.shutdown()
                ended.signal()
            }
            ended.wait()
            database.close()
        }

        fileprivate func note(_ failure: Failure?) {
            tally.withLock { tally in
                tally.asked += 1
                tally.inARow = failure == nil ? 0 : tally.inARow + 1
                tally.last = failure
                if let failure { tally.failed[failure.code, default: 0] += 1 }
            }
        }

        fileprivate var givenUp: Failure? { tally.withLock { $0.inARow >= Self.mostInARow ? $0.last : nil } }

        private struct Counted: Completer {
            let base: LedgeredModel
            let supplier: RemoteSupplier
            var family: String { base.family }
            var model: String { base.model }
            var destination: String { base.destination }

            func completion(of prompt: Prompt) async throws(Failure) -> Completion {
                if let failure = supplier.givenUp {
                    supplier.note(failure)
                    throw failure
                }
                do throws(Failure) {
                    let completion = try await base.completion(of: prompt)
                    supplier.note(nil)
                    return completion
                } catch {
                    supplier.note(error)
                    throw error
                }
            }
        }

        private struct Failing: Completer {
            let family = "none"
            let model: String
            let destination = "nowhere"
            let failure: Failure
            let supplier: RemoteSupplier

            func completion(of prompt: Prompt) async throws(Failure) -> Completion {
                supplier.note(failure)
                throw failure
            }
        }
    }
#endif
