import Connectors
import Records

/// What a feed's files looked like so far: what a new file is compared with. Stored as JSON.
struct FeedShape: Hashable, Sendable {
    struct Column: Hashable, Sendable {
        var name: String
        var type: String
        /// Share of records whose value was not of the type, in 0...1.
        var failed: Double
        /// All texts seen, sorted; nil = too many to be a list of words.
        var texts: [String]?
    }

    var names: [String]?
    var columns: [Column]

    init(of profile: DeliveryProfile) {
        names = profile.names
        columns = profile.columns.map { column in
            Column(
                name: column.name, type: column.type,
                failed: profile.rows == 0 ? 0 : Double(column.failed) / Double(profile.rows),
                texts: column.texts.map { $0.keys.sorted() })
        }
    }

    /// This shape after another file of the feed, whose new texts are taken over unless they are discarded.
    func adding(_ profile: DeliveryProfile, discarding: [String: [String]] = [:]) -> FeedShape {
        var next = FeedShape(of: profile)
        for index in next.columns.indices {
            guard let known = columns.first(where: { $0.name == next.columns[index].name }) else { continue }
            // The share is that of the feed's normal files: a bad one must not raise what is normal.
            next.columns[index].failed = min(known.failed, next.columns[index].failed)
            guard let texts = known.texts, let new = next.columns[index].texts else {
                next.columns[index].texts = nil
                continue
            }
            let left = Set(texts).union(new).subtracting(discarding[next.columns[index].name] ?? [])
            next.columns[index].texts = left.count > DeliveryProfile.mostTexts ? nil : left.sorted()
        }
        return next
    }

    // MARK: JSON

    var json: String {
        func list(_ texts: [String]?) -> JSONValue { texts.map { .array($0.map { .text($0) }) } ?? .null }
        return JSONValue.object([
            .init("names", list(names)),
            .init(
                "columns",
                .array(
                    columns.map { column in
                        .object([
                            .init("name", .text(column.name)), .init("type", .text(column.type)), .init("failed", .real(column.failed)),
                            .init("texts", list(column.texts)),
                        ])
                    })),
        ]).json
    }

    /// Nil for text that is no shape.
    init?(json text: String) {
        guard let value = JSONValue(parsing: text), let stored = value["columns"]?.elements else { return nil }
        func list(_ value: JSONValue?) -> [String]? { value?.elements?.compactMap(\.string) }
        names = list(value["names"])
        columns = stored.map { column in
            var failed = 0.0
            if case .number(let text)? = column["failed"] { failed = Double(text) ?? 0 }
            return Column(
                name: column["name"]?.string ?? "", type: column["type"]?.string ?? "", failed: failed, texts: list(column["texts"]))
        }
    }
}
