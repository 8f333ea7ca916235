import Connectors
import Records
import Yams

extension JobReader {
    /// `ready.marker`, `control`, `expect`, `contract` and `rejects.broken-file`; nil after a finding.
    func readArrival(_ section: JobMapping, format: String?, columns: FeedColumns?) -> ArrivalSettings? {
        var settings = ArrivalSettings()
        var isWhole = true
        func take<Value>(_ value: Value??, _ set: (Value) -> Void) {
            guard let value else { return }
            if let value { set(value) } else { isWhole = false }
        }
        take(nested(section, "ready", "marker").map { readMarker($0) }) { settings.marker = $0 }
        take(nested(section, "rejects", "broken-file").map { $0.choice(["hold", "accept"], of: "treatment") }) {
            settings.holdsBrokenFiles = $0 == "hold"
        }
        take(section["control"].map { readControl($0, in: section, format: format, columns: columns) }) { settings.control = $0 }
        take(section["expect"].map { readExpect($0, in: section) }) { settings.expect = $0 }
        take(section["contract"].map { readContract($0, in: section) }) { settings.contract = $0 }
        return isWhole ? settings : nil
    }

    /// A key of a nested mapping whose own keys were checked elsewhere.
    private func nested(_ section: JobMapping, _ name: String, _ key: String) -> JobValue? {
        guard let value = section[name], value.isMapping else { return nil }
        return value.entry(key)
    }

    private func readMarker(_ value: JobValue) -> String? {
        value.read("a file's name with at most one *, such as \"*.done\"") { text in
            text.isEmpty || text == "*" || text.contains("/") || text.count { $0 == "*" } > 1 ? nil : text
        }
    }

    // MARK: control

    private func readControl(_ value: JobValue, in section: JobMapping, format: String?, columns: FeedColumns?) -> ControlSettings? {
        guard let control = JobMapping(value, .control, place: section.place(of: "control")) else { return nil }
        let isTrailer = control["trailer"].map { $0.bool() } ?? false
        let manifest = control["manifest"].map { readMarker($0) }
        guard let isTrailer else { return nil }
        if let manifest, manifest == nil { return nil }
        let isXML = format == "xml"
        var source = ControlSettings.Source.paths
        if let pattern = manifest ?? nil {
            source = .manifest(pattern: pattern)
            if isTrailer { return report(control, "trailer", "figures stand in one place, and `manifest` names it") }
        } else if isTrailer {
            source = .trailer
            if isXML { return report(control, "trailer", "only CSV files have one") }
            guard hasTrailer(section, format: format) else {
                section.report(.missingKey("trailer-lines", form: "a number, or `trailer`", example: "trailer-lines: 1"))
                return nil
            }
        } else if format != nil, !isXML {
            control.report(.missingKey("trailer", form: "true, or `manifest`", example: "trailer: true"))
            return nil
        }
        for key in ["balance", "sign", "negative", "over", "label", "optional"] where control[key] != nil && source != .paths {
            return report(control, key, "only figures in an XML document have one")
        }
        if control["sha256"] != nil, manifest == nil { return report(control, "sha256", "only a manifest states it") }
        return readFigures(control, source: source, columns: columns)
    }

    /// Whether the format is told which lines are no rows.
    private func hasTrailer(_ section: JobMapping, format: String?) -> Bool {
        let parameters = format.flatMap { components.format($0)?.definition.parameters.map(\.name) } ?? []
        return !parameters.contains("trailer-lines") || section["trailer"] != nil || section["trailer-lines"] != nil
    }

    private func readFigures(_ control: JobMapping, source: ControlSettings.Source, columns: FeedColumns?) -> ControlSettings? {
        var settings = ControlSettings(source: source)
        let hasFigure = ["rows", "sum", "balance", "sha256"].contains { control[$0] != nil }
        guard hasFigure else {
            control.report(.missingKey("rows", form: "or `sum`: a figure to compare", example: "rows: 2"))
            return nil
        }
        if let value = control["rows"] {
            guard let place = readPlace(value, source) else { return nil }
            settings.rows = place
        }
        if let value = control["sum"] {
            guard let sum = readSum(value, "sum", in: control, source: source, columns: columns) else { return nil }
            settings.sum = sum
        }
        if let value = control["balance"] {
            guard let balance = readSum(value, "balance", in: control, source: source, columns: columns) else { return nil }
            settings.balance = balance
        }
        for (key, path) in [("sha256", \ControlSettings.digest), ("sign", \.sign), ("over", \.over), ("label", \.label)] {
            guard let value = control[key] else { continue }
            guard let text = value.text() else { return nil }
            settings[keyPath: path] = text
        }
        if let value = control["negative"] {
            guard let texts = value.texts() else { return nil }
            settings.negative = texts.compactMap(\.scalar)
        }
        if let value = control["optional"] {
            guard let isOptional = value.bool() else { return nil }
            settings.isOptional = isOptional
        }
        if let value = control["on-mismatch"] {
            guard let mode = value.choice(ControlSettings.Mismatch.allCases.map(\.rawValue), of: "treatment") else { return nil }
            settings.mismatch = ControlSettings.Mismatch(rawValue: mode) ?? .flag
        }
        return settings
    }

    private func readPlace(_ value: JobValue, _ source: ControlSettings.Source) -> String? {
        guard source == .trailer else { return value.text("where the figure stands") }
        return value.integer(1...1_000).map(String.init)
    }

    private func readSum(
        _ value: JobValue, _ key: String, in control: JobMapping, source: ControlSettings.Source, columns: FeedColumns?
    ) -> ControlSettings.Sum? {
        guard let sum = JobMapping(value, .controlSum, place: control.place(of: key)) else { return nil }
        if key == "balance", sum["opening"] == nil {
            sum.report(.missingKey("opening", form: "a path", example: "opening: ../OpenBal/Amt"))
            return nil
        }
        if key == "sum", sum["opening"] != nil { return report(sum, "opening", "only a balance has one") }
        let opening = sum["opening"].map { $0.text("where the opening figure stands") }
        guard let column = sum["column"], let name = column.text("a column's name"),
            let place = sum["of"].flatMap({ readPlace($0, source) })
        else { return nil }
        if let opening, opening == nil { return nil }
        guard let columns else { return nil }
        guard let field = columns.field(name, at: column) else { return nil }
        if !["money", "int64", "float64", "decimal"].contains(field.type.name) {
            column.report(.columnType(name, found: field.type.name, expected: "a number or money"))
            return nil
        }
        return ControlSettings.Sum(column: name, place: place, opening: opening ?? nil)
    }

    private func report<Value>(_ mapping: JobMapping, _ key: String, _ why: String) -> Value? {
        mapping.report(.misplacedKey(key, why: why), at: key)
        return nil
    }

    // MARK: expect and contract

    private func readExpect(_ value: JobValue, in section: JobMapping) -> ExpectSettings? {
        guard let expect = JobMapping(value, .expect, place: section.place(of: "expect")) else { return nil }
        let every = expect["every"].flatMap { $0.choice(ExpectSettings.Every.allCases.map(\.rawValue), of: "period") }
        let by = expect["by"].flatMap { readTimeOfDay($0) }
        let atLeast = expect["at-least"].map { $0.integer(0...Int.max) }
        guard let every = every.flatMap(ExpectSettings.Every.init(rawValue:)), let by else { return nil }
        if let atLeast, atLeast == nil { return nil }
        if every == .hour, by >= 60 {
            expect["by"]?.report(.wrongValue(found: expect["by"]?.shown ?? "", expected: "minutes after the hour, such as \"00:10\""))
            return nil
        }
        return ExpectSettings(every: every, by: by, atLeast: atLeast ?? nil)
    }

    private func readTimeOfDay(_ value: JobValue) -> Int? {
        value.read("a time of day in quotes, such as \"02:00\"") { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
                let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
            else { return nil }
            return hour * 60 + minute
        }
    }

    private func readContract(_ value: JobValue, in section: JobMapping) -> ContractSettings? {
        let names = ContractMode.allCases.map(\.rawValue)
        guard value.isMapping else {
            return value.choice(names, of: "contract").flatMap(ContractMode.init(rawValue:)).map {
                ContractSettings(columns: $0, types: $0, values: $0)
            }
        }
        guard let contract = JobMapping(value, .contract, place: section.place(of: "contract")) else { return nil }
        var modes: [ContractMode] = []
        for key in ["columns", "types", "values"] {
            guard let entry = contract[key] else {
                modes.append(.evolve)
                continue
            }
            guard let mode = entry.choice(names, of: "contract").flatMap(ContractMode.init(rawValue:)) else { return nil }
            modes.append(mode)
        }
        return ContractSettings(columns: modes[0], types: modes[1], values: modes[2])
    }
}

extension JobValue {
    /// The value at a key of a mapping, without findings about other keys.
    func entry(_ name: String) -> JobValue? {
        guard case .mapping(let pairs) = node else { return nil }
        let found = pairs.first { $0.key.scalar?.string == name }
        guard let pair = found else { return nil }
        return JobValue(pair.value, path: "\(path).\(name)", findings: findings, fallback: place)
    }
}
