import Connectors
import Foundation
public import Records

/// A first job file, made from the head of a CSV file: `pipeline new job --from file.csv`.
///
/// It reads the first 2,000 records, gzip or not, and guesses encoding, dialect, types, key, event time, label, and the columns the fraud
/// stage asks for. Every guess is marked `# guess: …` with its evidence. What cannot be guessed is written as `CHANGE_ME` with a comment;
/// then `check` has one finding at exactly each of those places.
///
/// With `--table` the job only lands the rows in a table, and of XML documents that is what it does in any case.
public struct JobScaffold: Sendable {
    /// The job file.
    public let text: String
    /// What could not be guessed, a sentence each; empty when the job passes `check`.
    public let missing: [String]
    /// Stages that a first job can be written for.
    public static let stages = ["fraud", "support"]
    /// How the file seems to be written, and why; a line each.
    public let evidence: [String]
    /// What of that could as well be otherwise, and other ways to read the file; a line each.
    public let doubts: [String]
    /// Of the job, made of the file's name.
    public let name: String

    /// - Parameters:
    ///   - file: the CSV file, or an XML document.
    ///   - jobPath: where the job file will be written; `files:` is relative to its folder.
    ///   - isTable: rows go into a table of their own, and nothing is decided.
    ///   - stage: one of ``stages``.
    /// - Throws: a file that is missing, empty, no text in UTF-8, of one column only, or a document without repeated elements.
    public init(from file: String, jobPath: String, isTable: Bool = false, stage: String = "fraud") throws(Failure) {
        name = Self.name(of: file)
        let files = Self.pattern(of: file, from: JobReader.directory(of: jobPath))
        if try XMLOutline.isXML(file) {
            text = try XMLTableScaffold(from: file, name: name, files: JobScaffoldWriter.yaml(files)).text
            (missing, evidence, doubts) = ([], [], [])
            return
        }
        let head = try FileHead(path: file)
        let roles = ColumnRoles(head, reserved: isTable ? Set(LandingTable.provenance) : [])
        var writer = JobScaffoldWriter(head: head, roles: roles, name: name, files: files, isTable: isTable)
        if stage == SupportStage.name, !isTable { writer.support = SupportScaffold(head, roles, name: name) }
        (text, missing) = (writer.text, isTable ? [] : writer.missing)
        evidence =
            (head.encoding.map { ["encoding \($0.name): \($0.evidence)"] } ?? [])
            + head.dialect.settings.map { "\($0.name) \($0.value): \($0.evidence)" }
        doubts = head.dialect.ambiguities.map { "not certain: \($0)" } + head.dialect.alternatives.map { "another way to read it: \($0)" }
    }

    /// `2018-05-01_Transactions.csv.gz` -> `transactions`; `job` where nothing is left.
    static func name(of file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        let stem = last.prefix { $0 != "." }
        var name = ""
        for scalar in stem.lowercased().unicodeScalars {
            let isWord = (scalar.value >= 97 && scalar.value <= 122) || (scalar.value >= 48 && scalar.value <= 57)
            if isWord { name.unicodeScalars.append(scalar) } else if !name.hasSuffix("-") { name += "-" }
        }
        name = String(name.drop { !$0.isLetter }.prefix(36))
        while name.hasSuffix("-") { name.removeLast() }
        return name.isEmpty ? "job" : name
    }

    /// The file relative to the job's folder, a date in its name replaced by `*`.
    static func pattern(of file: String, from directory: String) -> String {
        let here = FileManager.default.currentDirectoryPath
        func parts(_ path: String) -> [Substring] {
            var parts: [Substring] = []
            for part in (path.hasPrefix("/") ? path : here + "/" + path).split(separator: "/") where part != "." {
                if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
            }
            return parts
        }
        let to = parts(file), from = parts(directory)
        var common = 0
        while common < min(to.count - 1, from.count), to[common] == from[common] { common += 1 }
        var path = Array(repeating: "..", count: from.count - common) + to[common...].map(String.init)
        if let last = path.popLast() { path.append(last.replacing(#/\d{4}-?\d{2}-?\d{2}/#, with: "*")) }
        return path.joined(separator: "/")
    }
}

/// Which column plays which part, as far as names and values tell.
struct ColumnRoles {
    var columns: [ColumnGuess] = []
    var key: (names: [String], evidence: String)?
    var time: (name: String, evidence: String)?
    var customer: (name: String, evidence: String)?
    var terminal: (name: String, evidence: String)?
    var amount: (name: String, evidence: String)?
    var label: (name: String, evidence: String)?
    var currency: (code: String, evidence: String) = ("EUR", "the file names no currency")
    /// Where the file names the currency.
    var currencyColumn: String?
    /// Days that the rows of the head come late at most, 1 or more.
    var latenessDays: Int64 = 1
    /// One sentence for each part that no column plays.
    var missing: [String] = []

    /// - Parameter reserved: names that no column may have.
    init(_ head: FileHead, reserved: Set<String> = []) {
        var taken = reserved
        for (index, source) in head.sources.enumerated() {
            let name = Self.name(of: head.hasHeader ? source : "column_\(source)", taken: &taken)
            columns.append(ColumnGuess(source: source, name: name, values: head.records.map { $0[index] }))
        }
        findLabel()
        findTime(head)
        findKey(head)
        findAmount(head)
        findEntities()
        if key == nil { missing.append("No column, and no two columns, have a different value in each of the first rows: set `key`.") }
        if time == nil { missing.append("No column reads as a time: set `event-time`.") }
        if customer == nil { missing.append("No column seems to name a card or customer: set the stage's `customer`.") }
        if terminal == nil { missing.append("No second column seems to name a terminal or shop: set the stage's `terminal`.") }
        if amount == nil {
            missing.append("No column seems to hold an amount: set the stage's `amount`, of type money, and the cost of `clear`.")
        }
    }

    func column(_ name: String?) -> ColumnGuess? { columns.first { $0.name == name } }

    /// What every stage needs.
    var missingOfAny: [String] { missing.filter { $0.contains("`key`") || $0.contains("`event-time`") } }

    var used: [String] {
        (key?.names ?? []) + [time?.name, customer?.name, terminal?.name, amount?.name].compactMap(\.self)
    }

    private static func name(of source: String, taken: inout Set<String>) -> String {
        var name = ""
        var previous: Unicode.Scalar = "_"
        for scalar in source.unicodeScalars {
            let lower = scalar.value >= 65 && scalar.value <= 90 ? Unicode.Scalar(scalar.value + 32) ?? scalar : scalar
            let isWord = (lower.value >= 97 && lower.value <= 122) || (lower.value >= 48 && lower.value <= 57)
            if lower != scalar, previous.value >= 97, previous.value <= 122 { name += "_" }
            if isWord { name.unicodeScalars.append(lower) } else if !name.hasSuffix("_") { name += "_" }
            previous = scalar
        }
        while name.hasSuffix("_") { name.removeLast() }
        while name.hasPrefix("_") { name.removeFirst() }
        // `null` alone would mean no value in YAML.
        if name.first.map({ !$0.isLetter }) ?? true || name == "null" { name = "column_" + name }
        name = String(name.prefix(50))
        var unique = name, number = 2
        while !taken.insert(unique).inserted {
            unique = "\(name)_\(number)"
            number += 1
        }
        return unique
    }

    private mutating func findLabel() {
        for column in columns where column.isBinary && label == nil {
            if let hint = Words(column.source).hint(Words.label) { label = (column.name, "0 and 1, and its name says '\(hint)'") }
        }
    }

    private mutating func findTime(_ head: FileHead) {
        let times = columns.filter { $0.type == .timestamp } + columns.filter { $0.type == .date }
        let hinted = times.first { Words($0.source).containsAny(Words.time) }
        guard let column = hinted ?? times.first else { return }
        time = (column.name, times.count == 1 ? "the only column of times" : "the first column of times by its name")
        guard let index = columns.firstIndex(where: { $0.name == column.name }) else { return }
        let texts = head.records.map { column.nulls.contains($0[index]) ? "" : $0[index] }
        guard let values = ColumnGuess.batch(.timestamp, column.format, texts, spelling: column.spelling) else { return }
        var newest = Int64.min, late: Int64 = 0
        for row in 0..<values.count where values.isValid(row) {
            newest = max(newest, values.integers[row])
            late = max(late, newest - values.integers[row])
        }
        latenessDays = max(1, (late + 86_399_999_999) / 86_400_000_000)
    }

    private mutating func findKey(_ head: FileHead) {
        let able = columns.filter { ($0.type == .int64 || $0.type == .string) && $0.name != label?.name }
        let unique = able.filter(\.isUnique)
        let named = unique.filter { Words($0.source).containsAny(Words.identifier) && !Words($0.source).containsAny(Words.terminal) }
        if let column = named.first ?? unique.first {
            key = ([column.name], "a different value in each of the first \(column.count) rows")
            return
        }
        let parts = columns.filter {
            ($0.type == .int64 || $0.type == .string || $0.type == .timestamp || $0.type == .date) && $0.missing == 0
                && $0.name != label?.name && !($0.type == .date && $0.name == time?.name)
        }
        for (first, one) in parts.enumerated() {
            for two in parts[(first + 1)...] {
                guard let a = columns.firstIndex(where: { $0.name == one.name }), let b = columns.firstIndex(where: { $0.name == two.name })
                else { continue }
                let pairs = Set(head.records.map { [$0[a], $0[b]] })
                if pairs.count == head.records.count, !head.records.isEmpty {
                    key = ([one.name, two.name], "no single column differs in every row, these two together do")
                    return
                }
            }
        }
    }

    private mutating func findAmount(_ head: FileHead) {
        let numbers = columns.filter { column in
            switch column.type {
            case .int64: !column.isBinary && column.name != key?.names.first && Words(column.source).containsAny(Words.amount)
            case .float64, .money: true
            default: false
            }
        }
        let hinted = numbers.first { Words($0.source).containsAny(Words.amount) }
        guard let column = hinted ?? numbers.first, let index = columns.firstIndex(where: { $0.name == column.name }) else { return }
        findCurrency(near: column)
        guard let money = Currency(currency.code) else { return }
        let texts = head.records.map { column.nulls.contains($0[index]) ? "" : $0[index] }
        guard ColumnGuess.fits(.money(money), nil, texts, spelling: column.spelling) else { return }
        columns[index].type = .money(money)
        columns[index].currencySource = currencyColumn
        amount = (column.name, hinted == nil ? "the first column of decimal numbers" : "its name")
        // One job has one currency: other amounts are plain numbers until someone says otherwise.
        for other in columns.indices where other != index {
            if case .money = columns[other].type {
                columns[other].type = .float64
                columns[other].evidence = "decimal numbers; money only if in the same currency"
            }
        }
    }

    /// A column of one currency code in every row; else a code in the amount's own name.
    private mutating func findCurrency(near amount: ColumnGuess) {
        for column in columns where column.type == .string && column.distinct == 1 && column.missing == 0 {
            guard let code = column.only, Currency(code) != nil, Words(column.source).containsAny(Words.currency) else { continue }
            currency = (code, "the only currency in '\(column.source)'")
            currencyColumn = column.source
            return
        }
        for word in amount.source.uppercased().split(whereSeparator: { !$0.isLetter }).map(String.init)
        where ["EUR", "USD", "GBP", "JPY", "CHF"].contains(word) {
            currency = (word, "named in the header")
        }
    }

    private mutating func findEntities() {
        let used = Set((key?.names ?? []).count == 1 ? key?.names ?? [] : [])
        let able = columns.filter {
            ($0.type == .int64 || $0.type == .string) && !$0.isBinary && !used.contains($0.name) && $0.distinct > 0
                && $0.name != amount?.name && $0.name != label?.name
        }
        func named(_ hints: [String], not other: String?) -> (name: String, evidence: String)? {
            for column in able where column.name != other {
                if let hint = Words(column.source).hint(hints) { return (column.name, "its name says '\(hint)'") }
            }
            return nil
        }
        terminal = named(Words.terminal, not: nil)
        customer = named(Words.customer, not: terminal?.name)
        // Without names to go by: columns whose values come back, those with the most different values first.
        let repeating = able.enumerated()
            .filter { $0.element.missing == 0 && $0.element.distinct > 1 && $0.element.distinct < $0.element.count }
            .sorted { ($1.element.distinct, $0.offset) < ($0.element.distinct, $1.offset) }.map(\.element)
        if customer == nil, let column = repeating.first(where: { $0.name != terminal?.name }) {
            customer = (column.name, "its values come back: \(column.distinct) in \(column.count) rows")
        }
        if terminal == nil, let column = repeating.first(where: { $0.name != customer?.name }) {
            terminal = (column.name, "its values come back: \(column.distinct) in \(column.count) rows")
        }
    }
}
