import Connectors
import Models
import Records

extension JobReader {
    /// Nil after a finding.
    func readAutomatic(
        _ value: JobValue, place: JobPlace, outcomes: [PolicySettings.Outcome], main: FeedColumns?, stage: StageDefinition?, top: JobMapping
    ) -> AutomaticSettings? {
        guard let section = JobMapping(value, .automatic, place: place) else { return nil }
        let alpha = section["alpha"].flatMap { share($0, from: 0, "a percentage above 0% and below 100%, such as 10%") }
        let confidence = section["confidence"].map { share($0, from: 0.5, "a percentage from 50% to below 100%, such as 95%") } ?? 0.95
        let risk = section["risk"].flatMap { risk in
            let word = stage?.positive ?? "fraud"
            return risk.choice(["missed-\(word)-amount", "missed-\(word)-count", "\(word)-among-cleared"], of: "risk")
        }
        let segments = section["segments"].map { readSegments($0, place: section.place(of: "segments"), main: main, stage: stage) }
        checkClearing(outcomes, top: top, section: section)
        if top["train"] != nil, top["train"]?.isMapping == true, !hasSelection(top) {
            section.report(
                .missingKey("train.window.selection", form: "the rows that automatic decisions are fitted to", example: "selection: 20%"))
        }
        guard let alpha, let confidence, let risk else { return nil }
        let isMoney = risk.hasSuffix("-amount")
        var settings = AutomaticSettings(alpha: alpha, confidence: confidence, isShare: risk.hasSuffix("-among-cleared"))
        if let segments {
            guard let segments else { return nil }
            settings.segments = segments
        }
        guard isMoney else {
            section.refuse(["cap", "amount"], why: settings.isShare ? "the risk is a share" : "the risk is a count")
            return settings
        }
        return readMoney(section, into: settings, outcomes: outcomes, main: main)
    }

    /// In `low` ..< 1; above 0 in any case.
    private func share(_ value: JobValue, from low: Double, _ expected: String) -> Double? {
        value.read(expected) { text in
            guard text.last == "%", let value = JobValue.decimal(text.dropLast()), value / 100 >= low, value > 0, value < 100 else {
                return nil
            }
            return value / 100
        }
    }

    private func readMoney(
        _ section: JobMapping, into settings: AutomaticSettings, outcomes: [PolicySettings.Outcome], main: FeedColumns?
    ) -> AutomaticSettings? {
        var settings = settings
        guard let value = section["cap"] else {
            section.report(.missingKey("cap", form: "an amount, as the risk is in money", example: "cap: 500 EUR"))
            return nil
        }
        let cap = value.read("an amount above 0, such as 500 EUR") { Money($0).flatMap { $0.minor > 0 ? $0 : nil } }
        if let cap { note(cap.currency, at: value) }
        if let named = section["amount"] {
            guard let text = named.text("a money column of the main feed") else { return nil }
            if let main {
                guard let field = main.field(text, at: named) else { return nil }
                guard case .money = field.type else {
                    named.report(.columnType(text, found: field.type.name, expected: "money"))
                    return nil
                }
            }
            settings.amount = text
        } else {
            settings.amount =
                outcomes.lazy.compactMap { outcome -> String? in
                    guard outcome.cost.when == .positive, case .column(let name) = outcome.cost.pay, !name.isEmpty else { return nil }
                    return name
                }.first
            if settings.amount == nil {
                section.report(.missingKey("amount", form: "a money column of the main feed", example: "amount: amount"))
                return nil
            }
        }
        settings.cap = cap
        return cap == nil ? nil : settings
    }

    private func readSegments(_ value: JobValue, place: JobPlace, main: FeedColumns?, stage: StageDefinition?) -> AutomaticSettings
        .Segments?
    {
        guard let section = JobMapping(value, .segments, place: place) else { return nil }
        let by = section["by"].flatMap { value -> String? in
            guard let name = value.text("a number or money column, or a feature") else { return nil }
            guard let main, let stage else { return name }
            let names = main.columns.map(\.field).filter(Self.isNumber).map(\.name) + stage.features.map(\.name)
            if main.label?.name == name { value.report(.labelUsed(name)) }
            if names.contains(name) { return name }
            value.report(.ruleOperand(name, names: names))
            return nil
        }
        let edges = section["edges"].flatMap { value -> [Double]? in
            guard let list = value.list("a list of rising numbers") else { return nil }
            let numbers = list.compactMap { $0.scalar.flatMap { JobValue.decimal($0) } }
            guard !list.isEmpty, numbers.count == list.count, zip(numbers, numbers.dropFirst()).allSatisfy(<) else {
                value.report(.wrongValue(found: value.shown, expected: "a list of rising numbers, such as [50, 200]"))
                return nil
            }
            return numbers
        }
        guard let by, let edges else { return nil }
        return AutomaticSettings.Segments(by: by, edges: edges)
    }

    /// There must be something to clear, and nothing else may clear what the rule does not.
    private func checkClearing(_ outcomes: [PolicySettings.Outcome], top: JobMapping, section: JobMapping) {
        let clearing = outcomes.filter { $0.cost.when == .positive && $0.name != "review" }.map(\.name)
        if !outcomes.isEmpty, clearing.isEmpty { section.report(.nothingToClear) }
        guard let review = top["review"] else { return }
        for key in ["over-capacity", "on-overdue"] {
            guard let name = review.peek(key), clearing.contains(name) else { continue }
            section.report(.clearedByDefault(key, outcome: name))
        }
    }

    private func hasSelection(_ top: JobMapping) -> Bool {
        guard let train = top["train"], let entry = train.entry("window") else { return false }
        return entry.peek("selection") != nil
    }
}

extension JobFinding.Message {
    static let nothingToClear = JobFinding.Message(
        code: "job.nothing-to-clear", what: "no outcome can be taken automatically",
        expected: "an outcome whose cost falls due on positive rows, such as `clear: { cost: { if: fraud, pay: amount } }`",
        remedy: "Remove `automatic`, or add such an outcome.")

    static func clearedByDefault(_ key: String, outcome: String) -> JobFinding.Message {
        JobFinding.Message(
            code: "job.cleared-by-default", what: "`review: \(key)` clears what the promise does not cover", found: "'\(outcome)'",
            expected: "an outcome that does not cost something on positive rows", remedy: "Choose another outcome there.")
    }

    static let weightWithoutCalibration = JobFinding.Message(
        code: "job.no-calibration", what: "a class weight without a calibration", found: "scores that are no probabilities",
        expected: "`window: { calibration: 20% }`", remedy: "Costs are compared by probabilities: add the slice, or remove the weight.")

    static func sliceMissing(_ key: String) -> JobFinding.Message {
        JobFinding.Message(
            code: "job.no-calibration", what: "'\(key)' needs rows of its own", found: "no `window: calibration`",
            expected: "`window: { calibration: 20% }`", remedy: "Add the slice, or remove the key.")
    }

    static func slicesTooLong(_ share: String) -> JobFinding.Message {
        JobFinding.Message(
            code: "job.slices-long", what: "nothing is left to learn from", found: "slices of \(share) of the period",
            expected: "80% or less together", remedy: "Shorten `calibration` and `selection`.")
    }

    static func familyCannot(_ family: String, _ what: String) -> JobFinding.Message {
        JobFinding.Message(
            code: "job.family-cannot", what: "the model family cannot do this", found: "\(family), which does not \(what)",
            remedy: "Remove the key, or choose another family.")
    }
}
