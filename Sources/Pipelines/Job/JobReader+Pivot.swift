import Connectors
import Records

extension JobReader {
    /// The columns that rows have, where a feed's observations are put together; those of the feed otherwise. The pivot is nil after a
    /// finding, too.
    func readPivot(_ section: JobMapping, columns: FeedColumns?) -> (columns: FeedColumns?, pivot: ReadPivot?) {
        guard let value = section["pivot"] else { return (columns, nil) }
        guard let mapping = JobMapping(value, .pivot, place: section.place(of: "pivot")) else { return (nil, nil) }
        func column(_ key: String, _ types: [String]) -> String? {
            guard let value = mapping[key], let name = value.text("a column's name") else { return nil }
            guard let columns, let field = columns.field(name, at: value) else { return nil }
            guard types.contains(field.type.name) else {
                value.report(.columnType(name, found: field.type.name, expected: types.joined(separator: " or ")))
                return nil
            }
            return name
        }
        let name = column("name", ["string"]), number = column("value", ["float64"])
        let sequence = column("sequence", ["int64"]), instance = column("instance", ["string", "int64"])
        let tolerance = mapping["tolerance"].map { $0.span() } ?? .zero
        let measures = readMeasures(mapping, columns: columns)
        guard let columns, let name, let number, let tolerance, let measures else { return (nil, nil) }
        let consumed = Set([name, number, sequence, instance].compactMap(\.self))
        var rows = columns
        rows.columns = columns.columns.filter { !consumed.contains($0.field.name) }
        rows.columns += measures.map { FeedColumn(field: Field($0.column, .float64, optional: true), source: $0.name) }
        rows.names = columns.names.filter { !consumed.contains($0) } + measures.map(\.column)
        return (
            rows,
            ReadPivot(
                name: name, value: number, measures: measures, tolerance: tolerance.microseconds, sequence: sequence, instance: instance,
                observed: columns.columns)
        )
    }

    /// A pivot whose units are not known yet: they are the key's columns besides the event time.
    struct ReadPivot {
        var name: String
        var value: String
        var measures: [(column: String, name: String)]
        var tolerance: Int64
        var sequence: String?
        var instance: String?
        /// Columns of observations.
        var observed: [FeedColumn]

        func pivot(key: [String], time: String) -> FeedPivot {
            FeedPivot(
                name: name, value: value, measures: measures, units: key.filter { $0 != time }, time: time, tolerance: tolerance,
                sequence: sequence, instance: instance)
        }
    }

    private func readMeasures(_ mapping: JobMapping, columns: FeedColumns?) -> [(column: String, name: String)]? {
        guard let value = mapping["measures"],
            let names = JobMapping(value, place: mapping.place(of: "measures"), expected: "a mapping of columns to what was measured")
        else { return nil }
        var result: [(column: String, name: String)] = []
        for entry in names.entries {
            if !JobValue.isName(entry.name, dashes: false) {
                findings.add(
                    .wrongValue(found: "'\(entry.name)'", expected: "a name of letters, digits and _, starting with a letter, at most 63"),
                    at: entry.place, path: entry.value.path)
            }
            if let twin = ((columns?.names ?? []) + result.map(\.column)).first(where: { $0.lowercased() == entry.name.lowercased() }) {
                findings.add(.sameColumn(entry.name, as: twin), at: entry.place, path: entry.value.path)
            }
            guard let name = entry.value.text("what was measured, as the feed names it") else { continue }
            result.append((entry.name, name))
        }
        return result.count == names.entries.count ? result : nil
    }
}
