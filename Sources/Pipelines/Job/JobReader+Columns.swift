import Connectors
import Records

/// The columns of a feed as far as they could be read.
struct FeedColumns {
    /// The feed's name.
    var feed: String
    var columns: [FeedColumn] = []
    /// All names, those of unreadable columns included, so that one mistake gives one finding.
    var names: [String] = []
    var label: (name: String, delay: Timestamp.Span)?

    /// The column's field; a finding where there is no such column; nil without one where it could not be read, which has its own.
    func field(_ name: String, at value: JobValue) -> Field? {
        if !names.contains(name) { value.report(.noColumn(name, feed: feed, names: names)) }
        return columns.first { $0.field.name == name }?.field
    }
}

extension JobReader {
    func readColumns(_ section: JobMapping, feed: String, role: JobFeed.Role?) -> FeedColumns? {
        guard let value = section["columns"],
            let mapping = JobMapping(value, place: section.place(of: "columns"), expected: "a mapping of names to columns")
        else { return nil }
        var result = FeedColumns(feed: feed)
        for entry in mapping.entries {
            if !JobValue.isName(entry.name, dashes: false) {
                findings.add(
                    .wrongValue(found: "'\(entry.name)'", expected: "a name of letters, digits and _, starting with a letter, at most 63"),
                    at: entry.place, path: entry.value.path)
            }
            if let twin = result.names.first(where: { $0.lowercased() == entry.name.lowercased() }) {
                findings.add(.sameColumn(entry.name, as: twin), at: entry.place, path: entry.value.path)
            }
            if role == .table, LandingTable.provenance.contains(entry.name.lowercased()) {
                findings.add(.takenColumn(entry.name, table: "table"), at: entry.place, path: entry.value.path)
            }
            result.names.append(entry.name)
            guard let column = JobMapping(entry.value, .column, place: entry.place) else { continue }
            if let read = readColumn(entry.name, column, role: role) { result.columns.append(read) }
            readLabel(entry.name, column, role: role, into: &result)
        }
        if mapping.entries.isEmpty { value.report(.wrongValue(found: "no column", expected: "a mapping of names to columns")) }
        return result
    }

    private func readColumn(_ name: String, _ column: JobMapping, role: JobFeed.Role?) -> FeedColumn? {
        let type = readType(column, role: role)
        let source = column["from"].map { $0.text("the column's name in the file") } ?? name
        let nulls = column["nulls"].map { readNulls($0) } ?? []
        let normalize = column["normalize"].map { readNormalize($0) } ?? TextNormalization.none
        let optional = column["optional"].map { $0.bool() } ?? false
        let personal = column["personal"].map { $0.bool() } ?? false
        checkKeys(column)
        let spelling = readSpelling(column)
        let formats = column["format"].map { readFormats($0, hasPivot: column["pivot"] != nil) } ?? []
        let zone = column["zone"].map { readZone($0) }
        let sign = column["sign"].map { readSign($0) }
        let currencySource = column["currency-from"].map { $0.text("the name of the field that has the currency") }
        guard let type, let source, let nulls, let normalize, let optional, let personal, let spelling, let formats else { return nil }
        return FeedColumn(
            field: Field(name, type, optional: optional, personal: personal), source: source, formats: formats, zone: zone ?? nil,
            nulls: nulls, normalize: normalize, spelling: spelling, sign: sign ?? nil, currencySource: currencySource ?? nil)
    }

    private func readType(_ column: JobMapping, role: JobFeed.Role?) -> ColumnType? {
        switch column["type"].flatMap({ $0.choice(Self.typeNames, of: "column type") }) {
        case "int64": return .int64
        case "float64": return .float64
        case "bool": return .bool
        case "string", "enum": return .string
        case "timestamp": return .timestamp
        case "date": return .date
        case "decimal":
            guard let value = column["scale"] else {
                column.report(.missingKey("scale", form: "how many decimals, from 0 to 18", example: "scale: 4"))
                return nil
            }
            return value.integer(0...18).map { .decimal(scale: $0) }
        case "money":
            guard let value = column["currency"] else {
                column.report(.missingKey("currency", form: "an ISO 4217 code", example: "currency: EUR"))
                return nil
            }
            let expected = "an ISO 4217 code of three capital letters, such as EUR"
            if value.isMapping {
                value.report(
                    .wrongValue(
                        found: "a mapping", expected: expected,
                        remedy: "Where the feed names the currency, declare the one it must be and add `currency-from: Ccy`."))
                return nil
            }
            guard let currency = value.read(expected, { Currency($0) }) else { return nil }
            // Tables are landed, not compared: each column may be in a currency of its own.
            if role != .table { note(currency, at: value) }
            return .money(currency)
        default: return nil
        }
    }

    /// `normalize: nfkc`, `normalize: [half-width-kana, wave-dash]`
    private func readNormalize(_ value: JobValue) -> TextNormalization? {
        let parts = value.isList ? value.texts() : [value]
        guard let parts else { return nil }
        let names = parts.compactMap { $0.choice(TextNormalization.names, of: "normalization") }
        guard names.count == parts.count else { return nil }
        if let read = TextNormalization(names) { return read }
        value.report(
            .wrongValue(
                found: names.joined(separator: " and "),
                expected: "one side of each pair: wave-dash and jis-symbols, or fullwidth-tilde and microsoft-symbols"))
        return nil
    }

    private func readNulls(_ value: JobValue) -> [String]? {
        if value.isList { return value.texts()?.compactMap(\.scalar) }
        // The bare words null and ~ are texts here: a file may well spell a missing value so.
        if let text = value.literal { return [text] }
        value.report(.wrongValue(found: value.shown, expected: "a text, or a list of texts"))
        return nil
    }

    /// `role: label, known-after: 7d`
    private func readLabel(_ name: String, _ column: JobMapping, role: JobFeed.Role?, into result: inout FeedColumns) {
        guard let value = column["role"] else {
            if column["known-after"] != nil {
                column.report(.misplacedKey("known-after", why: "only a column with `role: label` has one"), at: "known-after")
            }
            return
        }
        guard value.choice(["label"], of: "column role") != nil else { return }
        if role != nil, role != .main {
            column.report(.misplacedKey("role", why: "only the main feed has a label column"), at: "role")
        }
        if let other = result.label {
            value.report(.wrongValue(found: "a second label", expected: "one label, as '\(other.name)' is already"))
        }
        let type = column["type"]?.scalar
        if let type, Self.typeNames.contains(type), type != "bool", type != "int64" {
            column.report(.columnType(name, found: type, expected: "bool, or int64 of 0 and 1, as the label"), at: "type")
        }
        guard let delay = column["known-after"] else {
            column.report(.missingKey("known-after", form: "a length of time", example: "known-after: 7d"))
            return
        }
        if let span = delay.span(), result.label == nil { result.label = (name, span) }
    }
}
