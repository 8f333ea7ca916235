import Connectors
import Crypto
import Foundation
import Records
import Yams

/// Reads a job file's text into a `Job`, gathering every finding on the way.
///
/// Each `read…` function returns nil only after it has made a finding, so a job without errors is a whole job.
struct JobReader {
    let components: Components
    let findings: JobFindings
    /// Money is of one currency in the whole job; the first one met and its line.
    private final class FirstCurrency { var seen: (currency: Currency, line: Int)? }
    private let firstCurrency = FirstCurrency()

    init(components: Components, findings: JobFindings) { (self.components, self.findings) = (components, findings) }

    /// - Parameters:
    ///   - bytes: the file's.
    ///   - path: as typed; nothing else of the machine enters the job.
    /// - Returns: nil when a finding is an error.
    func job(_ bytes: [UInt8], path: String) -> Job? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            findings.add(.unreadable("not UTF-8 text"), at: .file, path: "")
            return nil
        }
        guard bytes.count <= 1_048_576, Self.isShallow(bytes) else {
            findings.add(.unreadable("larger than 1 MiB or nested deeper than a job file can be"), at: .file, path: "")
            return nil
        }
        // A byte order mark is part of the text that is kept, and none of the YAML.
        let yaml = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        findings.source = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { Array($0.unicodeScalars) }
        guard let node = JobSyntax.compose(yaml, findings: findings),
            let top = JobMapping(JobValue(node, path: "", findings: findings), .top, place: .start)
        else { return nil }
        return job(top, text: text, bytes: bytes, path: path)
    }

    func job(_ top: JobMapping, text: String, bytes: [UInt8], path: String) -> Job? {
        if let version = top["version"], version.scalar != "1" {
            version.report(.wrongValue(found: version.shown, expected: "1", remedy: "This program reads version 1 of the format."))
        }
        let name = top["job"]?.name()
        let owner = top["owner"].flatMap { $0.text() }
        let schedule = top["schedule"].flatMap { readSchedule($0) }
        let zone = readZone(top)
        let holidays = readHolidays(top)
        let feeds = readFeeds(top)
        let isScoring = !feeds.isTablesOnly
        if isScoring {
            top.require(["stages", "policy", "review", "results"], of: .top)
        } else {
            top.refuse(
                ["stages", "train", "policy", "rules", "suppressions", "deadline", "review", "results"],
                why: "no feed has `role: main`, so there are no rows to decide"
            )
        }
        let scoring = isScoring ? readScoring(top, feeds: feeds) : nil
        let retention = readRetention(top, tables: feeds.tables, isScoring: isScoring, train: scoring?.train)
        guard !findings.hasErrors, let name, let zone, let read = feeds.feeds, !isScoring || scoring != nil else { return nil }
        var job = Job(
            name: name, owner: owner, schedule: schedule, zone: zone, path: path, directory: Self.directory(of: path), text: text,
            digest: SHA256.hash(data: bytes).hex,
            policyDigest: JobPolicyText.digest(policy: scoring?.policy, review: scoring?.review, lists: read.filter { $0.role == .list }),
            feeds: read, scoring: scoring)
        job.holidays = holidays
        job.retention = retention
        return job
    }

    /// Nil after a finding.
    private func readScoring(_ top: JobMapping, feeds: ReadFeeds) -> ScoringSettings? {
        let errors = findings.errorCount
        let stage = readStage(top, main: feeds.main)
        if let stage, let late = feeds.feeds?.first?.lateness, let window = stage.configuration.span("lateness"), window < late {
            stage.mapping.report(.shortLateness, at: "lateness")
        }
        if let stage, let read = feeds.feeds { checkFeeds(of: stage, tables: read.filter { $0.role == .table }.map(\.name)) }
        if let stage { check(stage, main: feeds.main) }
        let shown = decided(feeds, stage: stage, isWrong: findings.errorCount > errors)
        let train = readTrain(top, stage: stage, feeds: feeds)
        let configured = stage.map { Stages.named($0.configuration.name)?.definition(for: $0.configuration) ?? $0.definition }
        var policy = readPolicy(
            top, feeds: shown, stage: configured, configuration: stage?.configuration)
        let type = components.stages.first { $0.definition.definition.name == stage?.configuration.name }
        let deadline = readDeadline(top, outcomes: policy?.outcomes ?? [], isFinished: type is any FinishingStage.Type)
        policy?.deadline = deadline
        if let stage, let policy { checkDecisions(of: stage, outcomes: policy.outcomes.map(\.name)) }
        let review = readReview(top, outcomes: policy?.outcomes, main: shown.main)
        let results = readResults(top, tables: feeds.tables)
        guard let main = feeds.feeds?.first, let stage, let policy, let review, let results else { return nil }
        return ScoringSettings(
            main: main, stage: stage.configuration, train: train, policy: policy, review: review, results: results)
    }

    /// The feeds with the columns that policy and rules may name: of a finishing stage, those that it gives.
    ///
    /// - Parameter isWrong: the stage has findings: which columns it gives is then not known, and names of columns are left unchecked.
    private func decided(_ feeds: ReadFeeds, stage: ReadStage?, isWrong: Bool) -> ReadFeeds {
        guard let stage, let main = feeds.main,
            let type = components.stages.first(where: { $0.definition.definition.name == stage.configuration.name })
                as? any FinishingStage.Type
        else { return feeds }
        var decided = feeds
        decided.main = nil
        guard !isWrong, let layout = type.layout(for: stage.configuration, main: Schema(main.columns.map(\.field))) else { return decided }
        decided.main = FeedColumns(
            feed: stage.configuration.name, columns: layout.schema.fields.map { FeedColumn(field: $0, source: $0.name) },
            names: layout.schema.fields.map(\.name))
        return decided
    }

    private func checkFeeds(of stage: ReadStage, tables: [String]) {
        for parameter in stage.definition.definition.parameters where parameter.kind == .feed {
            guard let value = stage.mapping[parameter.name], let name = value.scalar, !tables.contains(name) else { continue }
            value.report(.unknownName("feed with role: table", found: name, names: tables))
        }
    }

    /// Outcomes that a stage gives a meaning to must be the policy's.
    private func checkDecisions(of stage: ReadStage, outcomes: [String]) {
        guard let type = components.stages.first(where: { $0.definition.definition.name == stage.configuration.name }),
            let parameter = (type as? any DecidedStage.Type)?.deciding.parameter, let value = stage.mapping[parameter], value.isMapping,
            let mapping = JobMapping(value, expected: "a mapping of outcomes to words")
        else { return }
        let names = outcomes.filter { $0 != "review" }
        for entry in mapping.entries where !names.contains(entry.name) {
            findings.add(.unknownName("outcome", found: entry.name, names: names), at: entry.place, path: entry.value.path)
        }
    }

    private func readHolidays(_ top: JobMapping) -> String? {
        guard let value = top["calendar"], value.isMapping, let path = value.entry("holidays") else { return nil }
        guard let text = path.text("a path to a CSV file, relative to the job file") else { return nil }
        if text.hasPrefix("/") || text.hasPrefix("~") { path.report(.absoluteFiles()) }
        return text
    }

    /// YAML composes recursively: a file of nothing but brackets must not exhaust the stack.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            default: break
            }
            if depth > 100 { return false }
        }
        return true
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    // MARK: small sections

    private func readSchedule(_ value: JobValue) -> String? {
        value.read("five fields of a cron expression, such as \"0 2 * * *\"", remedy: "Fields: minute hour day month weekday.") { text in
            let limits = [0...59, 0...23, 1...31, 1...12, 0...7]
            let fields = text.split(separator: " ")
            guard fields.count == 5 else { return nil }
            for (field, limit) in zip(fields, limits) {
                for part in field.split(separator: ",", omittingEmptySubsequences: false) {
                    let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                    if halves.count == 2, Int(halves[1]).map({ $0 < 1 }) ?? true { return nil }
                    if halves[0] == "*" { continue }
                    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                    guard (1...2).contains(ends.count), ends.allSatisfy({ $0.map(limit.contains) ?? false }) else { return nil }
                }
            }
            return text
        }
    }

    private func readZone(_ top: JobMapping) -> String? {
        guard let value = top["calendar"] else { return "UTC" }
        guard let calendar = JobMapping(value, .calendar, place: top.place(of: "calendar")) else { return nil }
        // The value itself is read with the conditions that use it.
        _ = calendar["fiscal-year"]?.choice(RuleCalendar.months, of: "month")
        return calendar["zone"].map { readZone($0) } ?? "UTC"
    }

    func readZone(_ value: JobValue) -> String? {
        guard let name = value.text("an IANA time zone such as UTC, Asia/Tokyo or Europe/Berlin") else { return nil }
        if Zone(name) != nil { return name }
        value.report(.unknownZone(name))
        return nil
    }

    private func readResults(_ top: JobMapping, tables: [String]) -> ResultSettings? {
        guard let value = top["results"] else { return nil }
        if value.isMapping {
            guard let results = JobMapping(value, .results, place: top.place(of: "results")) else { return nil }
            let features = results["features"].map { $0.bool() } ?? true
            guard let table = results["table"].flatMap({ readTable($0, taken: tables) }), let features else { return nil }
            return ResultSettings(table: table, storesFeatures: features)
        }
        return readTable(value, taken: tables).map { ResultSettings(table: $0, storesFeatures: true) }
    }

    /// - Parameter taken: tables that other feeds of the job write.
    func readTable(_ value: JobValue, taken: [String]) -> String? {
        guard let name = value.text("a table's name, or a mapping with table, features") else { return nil }
        let prefix = ["pipeline_", "sqlite_"].first { name.lowercased().hasPrefix($0) }
        let why: String?
        if let prefix {
            why = "which begins with '\(prefix)', kept for internal tables"
        } else if name.hasSuffix("_current") {
            why = "which ends with '_current', kept for views"
        } else if !JobValue.isName(name, dashes: false) || name.lowercased() != name || name.utf8.count > 48 {
            why = "which would need quotes in SQL"
        } else {
            why = nil
        }
        if why == nil, taken.contains(name) {
            value.report(.sameTable(name))
            return nil
        }
        guard let why else { return name }
        value.report(.tableName(name, why: why))
        return nil
    }

    // MARK: money

    /// Notes a currency; a finding when it is not the job's first.
    func note(_ currency: Currency, at value: JobValue) {
        guard let first = firstCurrency.seen else {
            firstCurrency.seen = (currency, value.place.line)
            return
        }
        if first.currency != currency {
            value.report(.currencies(currency.code, first: first.currency.code, at: first.line))
        }
    }
}

extension Digest {
    /// Lower-case hexadecimal.
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
