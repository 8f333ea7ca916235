public import Models
public import Records

/// Card fraud after the Fraud Detection Handbook: 15 features a transaction, from it and earlier ones only, and from what was known by then.
///
/// - Customer windows are `(t - w, t]`, the transaction itself included; terminal windows `(t - delay - w, t - delay]`; w is 1, 7 and 30 days.
///   Of rows at the same time, only those at or before the row's position count.
/// - A late row is computed as of its own event time from what has been consumed so far, then takes its place by time, after equals.
/// - A label counts from its known time on. The last one known by then holds: a correction to genuine takes a fraud back, and a late row
///   still sees what was known at its own time. A label event belongs to the newest row of its key consumed before it became known; if there
///   is none, it waits 60 days for one.
/// - A corrected row takes the place of the earlier one of its key, and inherits what was known about it; rows scored meanwhile stay.
/// - Rows older than 30 days + `delay` + `lateness` before the start of the watermark's day are forgotten, and cards and terminals without
///   rows with them; rows later than `lateness` are computed from what is remembered.
public final class FraudStage: Stage {
    let settings: FraudSettings
    var state: FraudState
    var trace = FraudBatchTrace()
    private var log = ByteWriter()
    /// Off until the first `base` or `delta`, so that training over a long feed keeps no log.
    private var isLogging = false

    /// - Throws: a parameter or column that is missing or of the wrong type, a duration over a year, an unknown zone.
    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try FraudSettings(configuration, schema: schema)
        state = FraudState(settings: settings)
    }

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        try check(input)
        let count = input.batch.count * state.featureCount
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            state.consume(input, into: start, trace: &trace, log: &log, isLogging: isLogging)
            initialized = count
        }
        if count == 0 {
            // Label events alone: there is no row to write features for.
            var nothing: Float = 0
            state.consume(input, into: &nothing, trace: &trace, log: &log, isLogging: isLogging)
        }
        return FeatureMatrix(featureCount: state.featureCount, values: values)
    }

    private func check(_ input: StageInput) throws(Failure) {
        let rows = input.batch.count, columns = input.batch.columns
        guard input.keys.count == rows, input.times.count == rows, input.labels.isEmpty || input.labels.count == rows else {
            throw .stageInput(
                "fraud", found: "\(input.keys.count) keys, \(input.times.count) times and \(input.labels.count) labels",
                expected: "\(rows) each")
        }
        guard columns.count > max(settings.customer, settings.terminal, settings.amount),
            (columns[settings.customer].type == .string) == settings.customerIsText,
            (columns[settings.terminal].type == .string) == settings.terminalIsText,
            columns[settings.amount].type == .money(settings.currency)
        else { throw .stageInput("fraud", found: "other columns", expected: "the columns of the main feed") }
    }

    // MARK: State

    public var stateBytes: Int { state.allocated + trace.allocated + log.allocated }

    /// A log of the batches since the last call; the first call on a stage gives the whole state.
    public func delta() -> [UInt8] {
        guard isLogging else { return base() }
        guard log.count > Self.headerBytes else { return [] }
        log.seal()
        let bytes = log.bytes
        startLog()
        return bytes
    }

    public func base() -> [UInt8] {
        isLogging = true
        startLog()
        return ByteWriter.bytes { state.write(to: &$0) }
    }

    private static let headerBytes = 32

    private func startLog() {
        log.removeAll()
        log.word(FraudState.Kind.log.rawValue)
        log.word(settings.fingerprint)
        log.word(state.rowCount)
        log.word(state.eventCount)
    }

    /// An empty `base` is a stage that has seen nothing.
    ///
    /// - Throws: bytes that are damaged, of another stage or other parameters, or deltas that do not follow one another. The stage is then
    ///   as it was before.
    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored = FraudState(settings: settings)
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes) else { throw .stageState("fraud", found: "bytes that were damaged or cut") }
            let kind = FraudState.Kind(rawValue: reader.word())
            guard let kind, reader.word() == settings.fingerprint else {
                throw .stageState("fraud", found: "state of another stage, version or parameters")
            }
            switch kind {
            case .base: restored = FraudState(from: &reader, settings: settings)
            case .log:
                guard reader.word() == restored.rowCount, reader.word() == restored.eventCount else {
                    throw .stageState("fraud", found: "a delta that does not follow the one before")
                }
                restored.replay(&reader)
            }
            guard reader.isAtEnd else { throw .stageState("fraud", found: "bytes that were damaged or cut") }
        }
        state = restored
        trace = FraudBatchTrace()
        isLogging = true
        startLog()
    }
}

extension FraudStage: ForgettingStage {
    /// Rows of the card stay in its terminals' sums, under a name that says nothing.
    public func forget(_ name: String) -> Bool {
        let isCustomer = state.customers.names.forget(name), isTerminal = state.terminals.names.forget(name)
        return isCustomer || isTerminal
    }
}
