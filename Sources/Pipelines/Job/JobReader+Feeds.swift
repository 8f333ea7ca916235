import Connectors
import Foundation
import Records

/// The feeds of a job, and what later sections need of them even when one could not be read.
struct ReadFeeds {
    /// The main feed first, the others as written; nil when one could not be read or the roles do not add up.
    var feeds: [JobFeed]?
    /// Of the main feed; nil when there is none or it has no columns.
    var main: FeedColumns?
    /// Names of the list feeds.
    var lists: [String] = []
    /// Tables that feeds write.
    var tables: [String] = []
    /// Every feed's role could be read, there are tables, and no main feed.
    var isTablesOnly = false
    /// True as well where a feed's role could not be read.
    var hasLabels = false
}

extension JobReader {
    func readFeeds(_ top: JobMapping) -> ReadFeeds {
        guard let value = top["feeds"],
            let mapping = JobMapping(value, place: top.place(of: "feeds"), expected: "a mapping of names to feeds")
        else { return ReadFeeds() }
        var result = ReadFeeds()
        var feeds: [(feed: JobFeed, mapping: JobMapping)] = []
        var roles: [String] = []
        for entry in mapping.entries {
            checkName(entry)
            guard let section = feedMapping(entry) else {
                roles.append("unknown")
                continue
            }
            let role = section["role"].flatMap { readRole($0) }
            roles.append(role?.rawValue ?? "unknown")
            if role != .table { section.require(["key"], of: .feed) }
            let table = readTable(of: section, role: role, taken: result.tables)
            if let table { result.tables.append(table) }
            if role == nil || role == .labels { result.hasLabels = true }
            // Other sections may refer to a list whose role or format is wrong: that has its own finding.
            if role == .list || role == nil { result.lists.append(entry.name) }
            let observed = readColumns(section, feed: entry.name, role: role)
            let (columns, pivot) = readPivot(section, columns: observed)
            if role == .main, result.main == nil { result.main = columns }
            if let feed = readFeed(entry.name, section, role: role, table: table, columns: columns, pivot: pivot) {
                feeds.append((feed, section))
            }
        }
        let mains = roles.count { $0 == "main" }, labels = roles.count { $0 == "labels" }
        result.isTablesOnly = !roles.isEmpty && roles.allSatisfy { $0 == "table" }
        if result.isTablesOnly {
            result.feeds = feeds.count == roles.count ? feeds.map(\.feed) : nil
            return result
        }
        if mains != 1 {
            mapping.report(.feedCount(role: "main", count: mains, expected: "exactly 1, or none where all feeds are tables"))
        }
        if labels > 1 { mapping.report(.feedCount(role: "labels", count: labels, expected: "at most 1")) }
        if result.main?.label != nil { result.hasLabels = true }
        guard mains == 1, let main = feeds.first(where: { $0.feed.role == .main }) else { return result }
        for (feed, section) in feeds where feed.role == .labels {
            if feed.key.count != main.feed.key.count { section.report(.labelKey(feed.key.count, main: main.feed.key.count), at: "key") }
            if main.feed.labelColumn != nil { section.report(.twoLabels, at: "role") }
        }
        result.feeds = [main.feed] + feeds.filter { $0.feed.role != .main }.map(\.feed)
        return result
    }

    func checkName(_ entry: (name: String, place: JobPlace, value: JobValue)) {
        if !JobValue.isName(entry.name) {
            findings.add(
                .wrongValue(found: "'\(entry.name)'", expected: "a name of letters, digits, - and _, starting with a letter, at most 63"),
                at: entry.place, path: entry.value.path)
        }
    }

    /// The feed's keys are its own and its format's; with an unknown format, those of every format pass.
    private func feedMapping(_ entry: (name: String, place: JobPlace, value: JobValue)) -> JobMapping? {
        let format = entry.value.peek("format")
        let known = components.formats.filter { format == nil || $0.definition.name == format }
        let more = (known.isEmpty ? components.formats : known).flatMap { $0.definition.parameters.map(\.name) }
        return JobMapping(entry.value, .feed, place: entry.place, more: more)
    }

    /// Nil after a finding, and in feeds without a table.
    private func readTable(of section: JobMapping, role: JobFeed.Role?, taken: [String]) -> String? {
        if let role, role != .table { section.refuse(["table"], why: "only a feed with `role: table` has a table of its own") }
        guard role == .table else { return nil }
        section.require(["table"], of: .feed)
        return section["table"].flatMap { readTable($0, taken: taken) }
    }

    private func readFeed(
        _ name: String, _ section: JobMapping, role: JobFeed.Role?, table: String?, columns: FeedColumns?, pivot: ReadPivot?
    ) -> JobFeed? {
        let format = section["format"].flatMap { $0.choice(components.formats.map { $0.definition.name }, of: "format") }
        let options = format.flatMap { components.format($0)?.definition }.map {
            readParameters(of: $0, in: section, among: true, main: nil)
        }
        let files = section["files"].flatMap { readFiles($0) }
        let key = readKey(section, role: role, columns: columns)
        let time = readTime("event-time", section, wanted: role == .table ? nil : role.map { $0 == .main }, columns: columns)
        let known = readTime("known-time", section, wanted: role.map { $0 == .labels || $0 == .list }, columns: columns)
        for (key, why) in [("lateness", "late"), ("ahead", "ahead of the clock")] where role != nil && role != .main && section[key] != nil
        {
            section.report(.misplacedKey(key, why: "only rows of the main feed can be \(why)"), at: key)
        }
        let lateness = section["lateness"].map { $0.span() } ?? .zero, ahead = section["ahead"].map { $0.span() } ?? .days(1)
        let limit = readRejects(section), stable = readReady(section)
        let arrival = readArrival(section, format: format, columns: columns)
        guard let role, let format, let options, let files, let columns, let key, let time, let known, let lateness, let ahead, let limit,
            let stable,
            let arrival, role != .table || table != nil
        else { return nil }
        if role == .labels { checkLabel(section, columns: columns, notLabels: key + [known.name].compactMap(\.self)) }
        let times = [time.name, known.name].compactMap(\.self)
        for name in times where key.contains(name) && columns.columns.contains(where: { $0.field.name == name && $0.field.type == .date }) {
            section.report(.dateInKey(name), at: "key")
        }
        var feed = JobFeed(
            name: name, role: role, format: format, options: options, files: files,
            columns: columns.columns.map { times.contains($0.field.name) ? $0.asInstant : $0 }, key: key,
            table: table, eventTime: time.name, knownTime: known.name, labelColumn: columns.label?.name,
            labelDelay: columns.label?.delay ?? .zero,
            lateness: lateness, rejectLimit: limit, stableFor: stable)
        (feed.arrival, feed.ahead) = (arrival, ahead)
        if let pivot {
            guard role == .main || role == .table, let time = time.name, key.contains(where: { $0 != time }) else {
                section.report(.pivotKey, at: "pivot")
                return nil
            }
            feed.pivot = pivot.pivot(key: key, time: time)
            feed.observed = pivot.observed.map { $0.field.name == time ? $0.asInstant : $0 }
        }
        return feed
    }

    private func readRole(_ value: JobValue) -> JobFeed.Role? {
        if let text = value.scalar, ["reference", "future"].contains(text) {
            value.report(.unsupportedValue("'\(text)'", remedy: "Feeds are main, table, labels or list in this version."))
            return nil
        }
        return value.choice(JobFeed.Role.allCases.map(\.rawValue), of: "role").flatMap { JobFeed.Role(rawValue: $0) }
    }

    private func readFiles(_ value: JobValue) -> String? {
        guard let text = value.text("a path with * and ?, relative to the job file") else { return nil }
        if text.hasPrefix("/") || text.hasPrefix("~") { value.report(.absoluteFiles()) }
        return text
    }

    private func readRejects(_ section: JobMapping) -> Double? {
        guard let value = section["rejects"] else { return 0.01 }
        guard let rejects = JobMapping(value, .rejects, place: section.place(of: "rejects")) else { return nil }
        return rejects["limit"].map { $0.percent() } ?? 0.01
    }

    private func readReady(_ section: JobMapping) -> Timestamp.Span? {
        guard let value = section["ready"] else { return .zero }
        guard let ready = JobMapping(value, .ready, place: section.place(of: "ready")) else { return nil }
        return ready["stable-for"].map { $0.span() } ?? .zero
    }

    // MARK: columns named by other keys

    private func readKey(_ section: JobMapping, role: JobFeed.Role?, columns: FeedColumns?) -> [String]? {
        guard let value = section["key"] else { return role == .table ? [] : nil }
        guard let texts = value.texts() else { return nil }
        if section["role"]?.scalar == "list", texts.count > 1 {
            value.report(.wrongValue(found: "\(texts.count) columns", expected: "one column, the entry"))
        }
        guard let columns else { return nil }
        var names: [String] = []
        for text in texts {
            let name = text.scalar ?? ""
            let types =
                role == .table
                ? ColumnType.names.filter { $0 != "float64" } : ["int64", "string", "timestamp", "date", "decimal"]
            check(text, columns, types: types, use: "part of the key")
            if role == .main, ResultTable.columns.contains(name.lowercased()) { text.report(.takenColumn(name, table: "result table")) }
            if names.contains(name) { text.report(.wrongValue(found: "'\(name)' twice", expected: "each column once")) }
            if columns.label?.name == name { text.report(.labelUsed(name)) }
            names.append(name)
        }
        return names
    }

    /// - Parameter wanted: whether this role has such a time; nil when the role is not known.
    /// - Returns: nil after a finding; a name of nil where the role has none.
    private func readTime(
        _ key: String, _ section: JobMapping, wanted: Bool?, columns: FeedColumns?
    ) -> (name: String?, Void)? {
        guard let value = section[key] else {
            guard wanted == true else { return (nil, ()) }
            section.report(.missingKey(key, form: "a timestamp column", example: "\(key): \(key == "known-time" ? "known" : "time")"))
            return nil
        }
        if value.isMapping {
            value.report(.unsupportedValue("a mapping", remedy: "Event time is a timestamp column in this version."))
            return nil
        }
        if wanted == false {
            let why =
                key == "event-time"
                ? "only main and table feeds have an event time" : "rows of main and table feeds are known when they arrive"
            section.report(.misplacedKey(key, why: why), at: key)
            return nil
        }
        guard let name = value.text("the name of a timestamp column"), let columns else { return nil }
        check(value, columns, types: ["timestamp", "date"], use: "the \(key.split(separator: "-").joined(separator: " "))")
        return (name, ())
    }

    private func check(_ value: JobValue, _ columns: FeedColumns, types: [String], use: String) {
        let name = value.scalar ?? ""
        guard let field = columns.field(name, at: value) else { return }
        if !types.contains(field.type.name) {
            value.report(.columnType(name, found: field.type.name, expected: types.joined(separator: " or ")))
        }
        if field.isOptional { value.report(.optionalColumn(name, use: use)) }
    }

    private func checkLabel(_ section: JobMapping, columns: FeedColumns, notLabels: [String]) {
        let candidates = columns.columns.map(\.field).filter {
            ($0.type == .bool || $0.type == .int64) && !notLabels.contains($0.name)
        }
        if candidates.count != 1, columns.columns.count == columns.names.count {
            section.report(.labelColumns(candidates.map(\.name)), at: "columns")
        }
    }
}
