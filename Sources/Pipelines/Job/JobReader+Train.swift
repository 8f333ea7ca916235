import Connectors
import Models
import Records

extension JobReader {
    /// Nil where there is no `train`, or after a finding.
    func readTrain(_ top: JobMapping, stage: ReadStage?, feeds: ReadFeeds) -> TrainSettings? {
        guard let value = top["train"], let train = JobMapping(value, .train, place: top.place(of: "train")) else { return nil }
        let family = train["family"].flatMap { $0.choice(components.families.map { $0.definition.name }, of: "model family") }
        let window = train["window"].flatMap { JobMapping($0, .window, place: train.place(of: "window")) }
        let last = window?["last"]?.span(), delay = window?["label-delay"]?.span()
        if let last, last == .zero { window?["last"]?.report(.wrongValue(found: "nothing", expected: "a length of time above zero")) }
        let minimum = train["minimum-positives"].map { $0.integer(1...1_000_000_000) } ?? 20
        var parameters: [String: ParameterValue]? = [:]
        if let definition = family.flatMap({ components.family($0) }) {
            let given = train["parameters"]
            let mapping =
                given.map { JobMapping($0, place: train.place(of: "parameters"), expected: "a mapping of parameters") }
                ?? JobMapping(path: "train.parameters", place: train.place, findings: findings, entries: [])
            parameters = mapping.map { readParameters(of: definition, in: $0, main: nil) }
        }
        if let stage {
            let model = stage.definition.definition.parameters.first { $0.kind == .model }
            if model.map({ stage.configuration.text($0.name) == nil && stage.mapping[$0.name] == nil }) ?? true {
                train.report(.noModel(stage: stage.configuration.name))
            }
        }
        if feeds.feeds != nil, !feeds.hasLabels, !teachesItself(stage, feeds) { train.report(.noLabels) }
        guard let family, let last, let delay, let minimum, let parameters else { return nil }
        var settings = TrainSettings(family: family, parameters: parameters, last: last, labelDelay: delay, minimumPositives: minimum)
        settings.approvals = train["approvals"].flatMap { $0.integer(1...9) } ?? 1
        readFitting(train, window: window, family: family, into: &settings)
        return settings
    }

    /// What is fitted besides the model itself.
    private func readFitting(_ train: JobMapping, window: JobMapping?, family: String, into settings: inout TrainSettings) {
        settings.calibrationShare = window?["calibration"].flatMap { $0.percent() } ?? 0
        settings.selectionShare = window?["selection"].flatMap { $0.percent() } ?? 0
        let slices = settings.calibrationShare + settings.selectionShare
        if slices > 0.8 { window?.report(.slicesTooLong("\((slices * 1_000).rounded() / 10)%")) }
        let kinds = Calibrator.Kind.allCases.map(\.rawValue)
        settings.calibration = train["calibration"].flatMap { $0.choice(["best"] + kinds, of: "calibration") }
            .flatMap { Calibrator.Kind(rawValue: $0) }
        settings.patience = train["early-stopping"].flatMap { $0.integer(1...10_000) }
        settings.isBalanced = train["class-weight"].flatMap { $0.choice(["none", "balanced"], of: "class weight") } == "balanced"
        settings.keepsSigns = train["monotone"].flatMap { $0.bool() } ?? false
        let type = components.families.first { $0.definition.name == family }
        if settings.patience != nil, type?.stopsEarly == false {
            train["early-stopping"]?.report(.familyCannot(family, "stop early"))
        }
        if settings.keepsSigns, type?.keepsSigns == false { train["monotone"]?.report(.familyCannot(family, "keep signs")) }
        guard settings.calibrationShare == 0 else { return }
        for key in ["calibration", "early-stopping"] where train[key] != nil { train[key]?.report(.sliceMissing(key)) }
        if settings.isBalanced { train["class-weight"]?.report(.weightWithoutCalibration) }
    }

    /// Whether the stage learns from columns of its own: kinds of rows, or units that each ran until they failed.
    private func teachesItself(_ stage: ReadStage?, _ feeds: ReadFeeds) -> Bool {
        guard let stage, let main = feeds.main else { return false }
        if stage.configuration.parameters["run-to-failure"] == .bool(true) { return true }
        let type = components.stages.first { $0.definition.definition.name == stage.configuration.name }
        let made = try? type?.init(configuration: stage.configuration, schema: Schema(main.columns.map(\.field)))
        return (made as? any ClassedStage)?.knowsClasses ?? false
    }
}
