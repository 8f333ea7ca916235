public import Models
public import Records

/// Quality inspection: whether a piece is defective, by what was measured of it, and whether its process is still in control.
///
/// Features of the piece are its columns as they are, and arithmetic over them that the job declares. Control charts judge each declared
/// measurement of each group (machine, product) against limits learnt from training rows. Charts are about the order of production: a row
/// older than one before it is not charted, nor is a corrected one.
public final class QualityStage: Stage, SurveyingStage, ClassedStage {
    let settings: QualitySettings
    /// Texts of each input that is a text, in order: their place is the feature.
    private var levels: [[String: Int]]
    private var survey: QualitySurvey
    private var limits: [UInt64: [ControlLimits?]] = [:]
    private var state = QualityState()
    private(set) var pictures: [QualityPicture] = []
    private let schema: Schema

    public init(configuration: StageConfiguration, schema: Schema) throws(Failure) {
        settings = try QualitySettings(configuration, schema: schema)
        self.schema = schema
        levels = [[String: Int]](repeating: [:], count: settings.inputs.count)
        survey = QualitySurvey(settings)
    }

    private var featureCount: Int { settings.names.features.count }

    public func consume(_ input: StageInput) throws(Failure) -> FeatureMatrix {
        let (batch, rows) = (input.batch, input.batch.count)
        let numbers = numbers(of: batch), groups = groups(of: batch)
        let columns = settings.inputs.indices.map { texts(of: batch, input: $0) ?? numbers[$0] } + numbers[settings.inputs.count...]
        var values: [Float] = []
        values.reserveCapacity(rows * featureCount)
        pictures.removeAll(keepingCapacity: true)
        var own = [Double](repeating: .nan, count: numbers.count)
        for row in 0..<rows {
            for place in own.indices { own[place] = numbers[place][row] }
            for column in columns { values.append(Self.feature(column[row])) }
            let isInOrder = input.times[row] >= state.newest && !(!input.corrected.isEmpty && input.corrected[row])
            let unusual = isInOrder ? state.unusual(own) : .nan
            values.append(Self.feature(unusual))
            let picture = isInOrder ? charted(own, group: groups[row], time: input.times[row]) : QualityPicture()
            values.append(Float(picture.signals.reduce(0) { $0 + $1.rawValue.nonzeroBitCount }))
            for place in settings.charted.indices { values.append(picture.signals.isEmpty ? 0 : Float(picture.signals[place].rawValue)) }
            pictures.append(picture)
        }
        return FeatureMatrix(featureCount: featureCount, values: values)
    }

    /// Infinite and huge numbers say no more than that they are missing: no model could take them.
    private static func feature(_ value: Double) -> Float { abs(value) <= 1e30 ? Float(value) : .nan }

    private func charted(_ own: [Double], group: UInt64, time: Int64) -> QualityPicture {
        guard !settings.charted.isEmpty else {
            state.newest = max(state.newest, time)
            return QualityPicture()
        }
        let readings = settings.charted.map { own[$0] }
        return state.chart(readings, group: group, time: time, limits: limits[group] ?? [], settings: settings)
    }

    /// Numbers of the inputs, then of derived features; an input that is a text has none.
    private func numbers(of batch: RecordBatch) -> [[Double]] {
        settings.inputs.map { column in
            batch.columns[column].type == .string
                ? [Double](repeating: .nan, count: batch.count) : MaintenanceStage.numbers(batch.columns[column])
        } + settings.derived.map { $0.values(batch) }
    }

    /// Places of the texts among those learnt; nil for a number column.
    private func texts(of batch: RecordBatch, input: Int) -> [Double]? {
        let column = batch.columns[settings.inputs[input]]
        guard column.type == .string else { return nil }
        let known = levels[input]
        return (0..<batch.count).map { row in column.string(row).flatMap { known[$0] }.map { Double($0) } ?? .nan }
    }

    /// What a feature of a text column stands for; nil for number columns.
    func name(ofText place: Int, input: Int) -> String? {
        levels.indices.contains(input) ? levels[input].first { $0.value == place }?.key : nil
    }

    private func groups(of batch: RecordBatch) -> [UInt64] {
        settings.group.map { RecordKey.hashes(of: batch, columns: [$0]) } ?? [UInt64](repeating: 0, count: batch.count)
    }

    // MARK: Preparation

    public func survey(_ batch: RecordBatch) {
        survey.add(
            texts: settings.inputs.indices.map { input in
                batch.schema.fields[settings.inputs[input]].type == .string ? batch.columns[settings.inputs[input]] : nil
            }, numbers: numbers(of: batch), groups: groups(of: batch))
    }

    public func preparation() -> [UInt8] { survey.bytes(plan: settings.plan) }

    public func prepare(_ bytes: [UInt8]) throws(Failure) {
        guard let read = QualitySurvey.read(bytes, settings: settings) else {
            throw .stageState("quality", found: "a preparation of other inputs or charts, or damaged")
        }
        levels = read.levels.map { names in Dictionary(uniqueKeysWithValues: zip(names, 0...)) }
        limits = read.limits
    }

    // MARK: Classes

    public var classDelay: Timestamp.Span { settings.classDelay }
    public var knowsClasses: Bool { !settings.classes.isEmpty }

    public func classes(of batch: RecordBatch) -> [String?] {
        if settings.hasClassTexts {
            let column = batch.columns[settings.classes[0]]
            return (0..<batch.count).map { column.string($0) }
        }
        let columns = settings.classes.map { batch.columns[$0] }
        return (0..<batch.count).map { row in
            columns.firstIndex { $0.isValid(row) && $0.integers[row] != 0 }.map { settings.names.classes[$0] }
        }
    }

    public func isSound(_ name: String) -> Bool { settings.names.sound.contains(name) }

    // MARK: State

    public var stateBytes: Int { state.bytes }
    public func delta() -> [UInt8] { state.delta() }
    public func base() -> [UInt8] { state.base(forget: settings.forget) }

    public func restore(base: [UInt8], deltas: [[UInt8]]) throws(Failure) {
        var restored = QualityState()
        for bytes in [base] + deltas where !bytes.isEmpty {
            guard restored.apply(bytes, charts: settings.charted.count) else {
                throw .stageState("quality", found: "bytes that were damaged or cut, or of other charts")
            }
        }
        state = restored
    }

    func limits(ofChart place: Int, group: UInt64) -> ControlLimits? { limits[group].flatMap { $0[place] } }
}
