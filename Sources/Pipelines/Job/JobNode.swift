import Records
import Yams

/// A YAML node at its key path; its readers give a value or a finding.
struct JobValue {
    let node: Node
    /// `feeds.transactions.key`
    let path: String
    let findings: JobFindings
    let place: JobPlace

    init(_ node: Node, path: String, findings: JobFindings, fallback: JobPlace = .start) {
        (self.node, self.path, self.findings) = (node, path, findings)
        place = node.mark.map { JobPlace(line: $0.line, column: $0.column) } ?? fallback
    }

    func report(_ message: JobFinding.Message) { findings.add(message, at: place, path: path) }

    /// `'abc'`, `a list`, `a mapping` or `nothing`.
    var shown: String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence(let nodes): return nodes.isEmpty ? "an empty list" : "a list"
        case .scalar(let scalar) where isNothing: return scalar.string.isEmpty ? "nothing" : "'\(scalar.string)'"
        case .scalar(let scalar):
            let line = scalar.string.split(whereSeparator: \.isNewline).first ?? ""
            return line.count > 60 || line.count < scalar.string.count ? "'\(line.prefix(60))…'" : "'\(line)'"
        case .alias: return "an alias"
        }
    }

    var isNothing: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// The scalar's text, without a finding when there is none.
    var scalar: String? {
        guard case .scalar(let scalar) = node, !isNothing else { return nil }
        return scalar.string
    }

    func read<T>(_ expected: String, remedy: String = "", _ convert: (String) -> T?) -> T? {
        if let scalar, let value = convert(scalar) { return value }
        report(.wrongValue(found: shown, expected: expected, remedy: remedy))
        return nil
    }

    func text(_ expected: String = "a text") -> String? { read(expected) { $0.isEmpty ? nil : $0 } }

    func span() -> Timestamp.Span? { read("a length of time such as 90s, 5m, 2h, 7d or 4w") { Timestamp.Span($0) } }

    func bool() -> Bool? { read("true or false") { $0 == "true" ? true : $0 == "false" ? false : nil } }

    func integer(_ range: ClosedRange<Int>) -> Int? {
        read("a whole number \(JobValue.text(of: range))") { Int($0).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// `1%` as 0.01.
    func percent() -> Double? {
        read("a percentage from 0% to 100%, such as 0.5%") { text in
            guard text.last == "%", let value = JobValue.decimal(text.dropLast()), value >= 0, value <= 100 else { return nil }
            return value / 100
        }
    }

    /// One of the given names; otherwise a finding with the nearest.
    func choice(_ names: [String], of subject: String) -> String? {
        guard let text = read("one of \(names.joined(separator: ", "))", { $0 }) else { return nil }
        if names.contains(text) { return text }
        report(.unknownName(subject, found: text, names: names))
        return nil
    }

    /// A name for things of a job: ASCII letters, digits, `_` and `-`, starting with a letter, at most 63.
    func name() -> String? {
        read("a name of letters, digits, - and _, starting with a letter, at most 63") { JobValue.isName($0) ? $0 : nil }
    }

    /// A name, or a list of them, each with its place.
    func texts() -> [JobValue]? {
        if case .sequence(let nodes) = node {
            let values = nodes.enumerated().map { JobValue($1, path: "\(path)[\($0)]", findings: findings, fallback: place) }
            guard !values.isEmpty, values.allSatisfy({ $0.scalar != nil }) else {
                (values.first { $0.scalar == nil } ?? self).report(.wrongValue(found: shown, expected: "a name or a list of names"))
                return nil
            }
            return values
        }
        return read("a name or a list of names") { $0 } == nil ? nil : [self]
    }

    func list(_ expected: String) -> [JobValue]? {
        guard case .sequence(let nodes) = node else {
            report(.wrongValue(found: shown, expected: expected))
            return nil
        }
        return nodes.enumerated().map { JobValue($1, path: "\(path)[\($0)]", findings: findings, fallback: place) }
    }

    var isMapping: Bool {
        if case .mapping = node { true } else { false }
    }

    var isList: Bool {
        if case .sequence = node { true } else { false }
    }

    /// The text as written, `null` and `~` included; nil for lists and mappings.
    var literal: String? {
        if case .scalar(let scalar) = node { scalar.string } else { nil }
    }

    /// The text at a key of a mapping, without findings.
    func peek(_ name: String) -> String? {
        guard case .mapping(let pairs) = node else { return nil }
        return pairs.first { $0.key.scalar?.string == name }?.value.scalar?.string
    }

    static func isName(_ text: String, dashes: Bool = true) -> Bool {
        guard let first = text.utf8.first, (first | 32) >= 97, (first | 32) <= 122, text.utf8.count <= 63 else { return false }
        return text.utf8.allSatisfy { byte in
            ((byte | 32) >= 97 && (byte | 32) <= 122) || (byte >= 48 && byte <= 57) || byte == 95 || (dashes && byte == 45)
        }
    }

    /// A finite decimal number; no hexadecimal, no `inf`.
    static func decimal(_ text: some StringProtocol) -> Double? {
        guard text.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || [43, 45, 46, 69, 101].contains($0) }), let value = Double(text),
            value.isFinite
        else { return nil }
        return value
    }

    static func text(of range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): "of at most 64 bits"
        case (let low, Int.max): "of \(low) or more"
        case (let low, let high): "from \(low) to \(high)"
        }
    }
}

/// A mapping whose keys have been checked against a section: unknown, unsupported, doubled and missing ones are findings by now.
struct JobMapping {
    let path: String
    /// Where a finding about the mapping as a whole points: its key.
    let place: JobPlace
    let findings: JobFindings
    let entries: [(name: String, place: JobPlace, value: JobValue)]

    subscript(_ name: String) -> JobValue? { entries.first { $0.name == name }?.value }

    func place(of name: String) -> JobPlace { entries.first { $0.name == name }?.place ?? place }

    /// A finding at a key, or at the mapping where the key is not there.
    func report(_ message: JobFinding.Message, at name: String? = nil) {
        let at = name.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? path
        findings.add(message, at: name.map { place(of: $0) } ?? place, path: at)
    }
}

extension JobMapping {
    /// Entries of a mapping whose keys are free names; nil (and a finding) when the value is no mapping.
    init?(_ value: JobValue, place: JobPlace? = nil, expected: String = "a mapping") {
        guard case .mapping(let mapping) = value.node else {
            value.report(.wrongValue(found: value.shown, expected: expected))
            return nil
        }
        let findings = value.findings
        var entries: [(name: String, place: JobPlace, value: JobValue)] = []
        for (keyNode, node) in mapping {
            let place = keyNode.mark.map { JobPlace(line: $0.line, column: $0.column) } ?? value.place
            guard case .scalar(let scalar) = keyNode else {
                findings.add(.wrongKey, at: place, path: value.path)
                continue
            }
            var name = scalar.string
            if let first = findings.renamed[place] { name = String(first) + String(name.unicodeScalars.dropFirst()) }
            let path = value.path.isEmpty ? name : "\(value.path).\(name)"
            if let earlier = entries.first(where: { $0.name == name }) {
                findings.add(.duplicateKey(firstLine: earlier.place.line), at: place, path: path)
                continue
            }
            let value = JobValue(node, path: path, findings: findings, fallback: place)
            findings.places[path] = value.place
            entries.append((name, place, value))
        }
        (path, self.findings, self.entries, self.place) = (value.path, findings, entries, place ?? value.place)
    }

    /// Entries of a section with fixed keys.
    ///
    /// - Parameter more: names that are allowed besides, the parameters of a format.
    init?(_ value: JobValue, _ section: JobSection, place: JobPlace? = nil, more: [String] = []) {
        self.init(value, place: place, expected: "a mapping with \(section.keyNames)")
        let supported = section.keys.filter { $0.unsupported == nil }
        let names = supported.map(\.name) + more
        var misspelt: Set<String> = []
        for entry in entries where !names.contains(entry.name) {
            misspelt.formUnion(Nearest.name(to: entry.name, among: names).map { [$0] } ?? [])
            if let remedy = section.keys.first(where: { $0.name == entry.name })?.unsupported {
                findings.add(.unsupported(remedy: remedy), at: entry.place, path: entry.value.path)
            } else {
                findings.add(.unknownKey(entry.name, names: names), at: entry.place, path: entry.value.path)
            }
        }
        for key in supported where key.isRequired && self[key.name] == nil && !misspelt.contains(key.name) {
            report(.missingKey(key.name, form: key.form, example: key.example))
        }
    }

    /// A finding for each of the keys that is missing, of those that are required only together with something else.
    func require(_ names: [String], of section: JobSection) {
        let known = section.keys.filter { $0.unsupported == nil }.map(\.name)
        let misspelt = Set(entries.filter { !known.contains($0.name) }.compactMap { Nearest.name(to: $0.name, among: known) })
        for key in section.keys where names.contains(key.name) && self[key.name] == nil && !misspelt.contains(key.name) {
            report(.missingKey(key.name, form: key.form, example: key.example))
        }
    }

    /// A finding for each of the keys that is there and should not be.
    func refuse(_ names: [String], why: String) {
        for name in names where self[name] != nil { report(.misplacedKey(name, why: why), at: name) }
    }
}
