public import Models
public import Records

/// What to offer whom next, and what goes with what: given once the feed is read, from all purchases up to the run's clock.
///
/// - Rows with a quantity below 0 are returns: they take earlier purchases of the same person and item off, the newest first; what has
///   nothing to undo changes nothing. A quantity of 0 and a time more than 400 days after all before it are rejects.
/// - Where the job says what a row is (`event`, `events`), rows of interest teach with their weight and are no purchases, and a kind that is not
///   named is a reject.
/// - Rows later than the clock are kept and do not count until the clock has passed them.
/// - People with more than `most-interactions` rows teach the model nothing; they get offers all the same.
/// - When more than half of what sold in the last 28 days has no stock, the catalogue is doubted instead of the offers being empty.
/// - Rows older than `memory` before the newest are forgotten.
/// - A place that an earlier run filled and this one does not is taken back: a row of kind `withdrawn` without an item, of score 1, so that
///   policy shows it to nobody.
public final class RecommendationStage: WithdrawingStage, LearningStage, DecidedStage {
    public static var definition: StageDefinition { RecommendationSettings.definition }

    let settings: RecommendationSettings
    private(set) var state: RecommendationState
    private var log: [RecommendationState.Entry] = []
    private var results: [RecommendationResult] = []
    private var part: Range<Int> = 0..<0
    private var standing: [StandingResult] = []
    /// What an earlier run learnt, and what this one did.
    private var kept: LearntModel?
    private var fresh: LearntModel?

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try RecommendationSettings(configuration, schema: schema)
        state = RecommendationState(memory: settings.memory)
    }

    public static func layout(for configuration: StageConfiguration, main: Schema) -> ResultLayout? {
        guard (try? RecommendationSettings(configuration, schema: main)) != nil else { return nil }
        return ResultLayout(schema: results, key: ["about", "subject", "place"], time: "time")
    }

    private static let results = Schema([
        Field("about", .string), Field("subject", .string, personal: true), Field("place", .int64), Field("time", .timestamp),
        Field("item", .string), Field("item_score", .float64), Field("probability", .float64, optional: true),
        Field("expected_value", .float64, optional: true), Field("propensity", .float64), Field("kind", .string), Field("reason", .string),
    ])

    // MARK: Rows

    public func absorb(_ input: StageInput) throws(Failure) -> [RowRefusal] {
        let columns = input.batch.columns
        var refused: [RowRefusal] = []
        for row in 0..<input.batch.count {
            let quantity: Double, strength: Double, price: Double
            switch settings.row(row, of: input.batch) {
            case .refused(let refusal):
                refused.append(refusal)
                continue
            case .event(let given, let counts, let paid): (quantity, strength, price) = (given, counts, paid)
            }
            guard !state.isFarAhead(input.times[row]) else {
                refused.append(
                    RowRefusal(
                        row: row, column: nil, code: .range, found: Timestamp(microseconds: input.times[row]).iso8601,
                        expected: "a time within 400 days of the rows before it"))
                continue
            }
            if input.isReplayed, state.has(input.keys[row]) { continue }
            record(
                .event(
                    .init(
                        key: input.keys[row], user: columns[settings.user].text(row) ?? "", item: columns[settings.item].text(row) ?? "",
                        time: input.times[row], quantity: quantity, price: price, strength: strength)))
        }
        return refused
    }

    private func record(_ entry: RecommendationState.Entry) {
        state.apply(entry)
        log.append(entry)
    }

    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String) throws(Failure) -> [RowRefusal] {
        try absorb(batch, ofTable: feed, times: nil)
    }

    @discardableResult
    public func absorb(_ batch: RecordBatch, ofTable feed: String, times: Column?) throws(Failure) -> [RowRefusal] {
        let rows = try settings.entries(of: batch, ofTable: feed)
        for (row, entry) in rows.entries {
            if let times, times.isValid(row) { record(.dated(times.integers[row], entry)) } else { record(entry) }
        }
        return rows.refused
    }

    // MARK: Results

    public func finish(_ time: FinishTime) throws(Failure) -> Int {
        let run = try RecommendationRun(settings: settings, state: state, time: time, kept: kept)
        fresh = run?.learnt
        results = try run?.results() ?? []
        self.time = min(time.watermark ?? time.clock, time.clock)
        var taken = Set(results.map { [$0.about, $0.subject, "\($0.place)"] })
        for result in standing where taken.insert(result.key).inserted { results.append(.withdrawing(result)) }
        return results.count
    }

    public func learnt() throws(Failure) -> [UInt8] {
        guard let fresh else { return [] }
        var writer = ByteWriter(capacity: fresh.artefact.count + 4_096)
        writer.byte(Kind.learnt.rawValue)
        fresh.write(to: &writer)
        writer.seal()
        return writer.bytes
    }

    public static var withdrawal: (column: String, mark: String, subject: String) { ("kind", "withdrawn", "item") }

    public static var deciding: (parameter: String, column: String) { ("decisions", "item") }

    public func absorb(decisions: [StageDecision]) {
        for decision in decisions {
            guard let instruction = settings.instruction(decision), !state.has(instruction, of: decision.subject) else { continue }
            record(.instruction(decision.subject, instruction))
        }
    }

    /// A word of `none` on an item that has none says nothing.
    public func unheard(_ decisions: [StageDecision], at time: Timestamp) -> Int {
        var heard = state, count = 0
        for decision in decisions {
            guard let instruction = settings.instruction(decision), !heard.has(instruction, of: decision.subject) else { continue }
            heard.apply(.instruction(decision.subject, instruction))
            count += 1
        }
        func words(_ state: RecommendationState) -> [String: RecommendationState.Action] {
            state.actions(knownBy: time.microseconds).filter { $0.value != .none }
        }
        return words(heard) == words(state) ? 0 : count
    }

    public func stood(_ results: [StandingResult]) { standing = results }

    private var time = Timestamp(microseconds: 0)

    public func finished(_ range: Range<Int>) throws(Failure) -> FinishedRows {
        part = range
        let rows = Array(results[range])
        func numbers(_ values: [Double?]) -> Column {
            var validity = [UInt64](repeating: 0, count: (values.count + 63) / 64)
            for (row, value) in values.enumerated() where value != nil { validity[row / 64] |= 1 << UInt64(row % 64) }
            return Column(doubles: values.map { $0 ?? .nan }, validity: values.allSatisfy { $0 != nil } ? [] : validity)
        }
        let batch = RecordBatch(
            schema: Self.results,
            columns: [
                Column(strings: rows.map(\.about)), Column(strings: rows.map(\.subject)),
                Column(type: .int64, integers: rows.map { Int64($0.place) }),
                Column(type: .timestamp, integers: rows.map { _ in time.microseconds }), Column(strings: rows.map(\.item)),
                numbers(rows.map(\.score)), numbers(rows.map(\.probability)), numbers(rows.map(\.value)), numbers(rows.map(\.propensity)),
                Column(strings: rows.map(\.kind)), Column(strings: rows.map(\.reason)),
            ], rowNumbers: range.map { Int64($0 + 1) })
        return FinishedRows(
            batch: batch, features: FeatureMatrix(featureCount: Self.definition.features.count, values: rows.flatMap(\.features)))
    }

    /// Of a doubt nobody knows how it ends: even odds, so that asking costs least. What is taken back is not to be shown for sure.
    public func ruleScores(of matrix: FeatureMatrix) -> [Float] { (0..<matrix.rowCount).map { matrix.values[$0 * 9 + 7] / 2 } }

    public func evidence(forRow row: Int) -> [Evidence] {
        let result = results[part.lowerBound + row]
        let same = results.lazy.filter { $0.about == "user" && $0.item == result.item && !$0.item.isEmpty }.prefix(10)
        return [
            Evidence(
                title: "who is offered it, first ten", columns: ["person", "place", "reason"],
                rows: Array(same).map { [$0.subject, "\($0.place)", $0.reason] })
        ]
    }

    public func reasons(features: ArraySlice<Float>, contributions: ArraySlice<Float>) -> [String] {
        let values = Array(features)
        var reasons: [String] = []
        if values[7] == 2 { return ["an earlier run offered it, this one does not"] }
        if values[6] > 0 { reasons.append("\(percent(values[6])) of what sold in the last 28 days cannot be delivered") }
        if values[4] > 0 { reasons.append("the catalogue calls the item sensitive") }
        if !values[8].isNaN, values[7] > 0 {
            reasons.append("offered to \(percent(values[2])) of all people, \(percent(values[2] - values[8])) when offers were last shown")
        }
        if values[2] > 0 {
            reasons.append("offered to \(percent(values[2])) of all people, bought by \(percent(values[5])) of late buyers")
        }
        if values[1] == 0, values[6] == 0 {
            reasons.append(values[3].isNaN ? "nobody has bought it yet" : "first bought \(Int(values[3])) days ago")
        }
        return reasons
    }

    private func percent(_ share: Float) -> String { "\((share * 1000).rounded() / 10) %" }

    // MARK: State

    public var stateBytes: Int { state.bytes + log.count * 120 + (kept?.artefact.count ?? 0) }

    private enum Kind: UInt8 { case base = 1, log = 2, learnt = 3 }

    private func written(_ kind: Kind, _ entries: [RecommendationState.Entry]) -> [UInt8] {
        var writer = ByteWriter(capacity: 4_096)
        writer.byte(kind.rawValue)
        writer.varint(UInt64(entries.count))
        for entry in entries { entry.write(to: &writer) }
        if kind == .base {
            writer.byte(kept == nil ? 0 : 1)
            kept?.write(to: &writer)
        }
        writer.seal()
        return writer.bytes
    }

    public func delta() -> [UInt8] {
        defer { log = [] }
        return log.isEmpty ? [] : written(.log, log)
    }

    public func base() -> [UInt8] {
        log = []
        state.forget()
        return written(.base, state.entries)
    }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored = RecommendationState(memory: settings.memory), learnt: LearntModel?
        for (index, bytes) in ([base] + deltas).enumerated() where !bytes.isEmpty {
            guard var reader = ByteReader(sealed: bytes), let kind = Kind(rawValue: reader.byte()), kind != .base || index == 0 else {
                throw .stageState(RecommendationSettings.name, found: "bytes that were damaged or cut")
            }
            if kind == .learnt { learnt = LearntModel(from: &reader) }
            for _ in 0..<(kind == .learnt ? 0 : reader.count(of: 2)) {
                guard let entry = RecommendationState.Entry(from: &reader) else {
                    throw .stageState(RecommendationSettings.name, found: "bytes that were damaged or cut")
                }
                restored.apply(entry)
            }
            if kind == .base, reader.byte() == 1 { learnt = LearntModel(from: &reader) }
            guard reader.isAtEnd else { throw .stageState(RecommendationSettings.name, found: "bytes that were damaged or cut") }
        }
        (state, log, results, part, standing) = (restored, [], [], 0..<0, [])
        (kept, fresh) = (learnt, nil)
    }
}

extension RecommendationStage: ForgettingStage {
    /// What was learnt from the person goes with what is known of them: the next run trains.
    public func forget(_ name: String) -> Bool {
        guard state.forget(person: name) else { return false }
        kept = nil
        return true
    }
}
