public import Connectors
import GRDB
public import Records

/// A whole warehouse as text in an order that does not depend on how it came about: equal warehouses have equal dumps.
public enum WarehouseDump {
    /// All tables but those left out, schema first; rows in order of their primary keys.
    ///
    /// - Parameter leavingOut: by default the one table that may differ between a killed and an undisturbed run.
    public static func text(of warehouse: Warehouse, leavingOut: Set<String> = ["pipeline_attempts"]) throws(Failure) -> String {
        try warehouse.read { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            let stream = TextStream()
            try database.dumpTables(
                tables.filter { !leavingOut.contains($0) }, format: .quote(), tableHeader: .always, stableOrder: true, to: stream)
            return stream.text
        }
    }

    /// The first line in which two dumps differ, with its number; nil when they are equal.
    public static func firstDifference(_ left: String, _ right: String) -> String? {
        guard left != right else { return nil }
        let (a, b) = (
            left.split(separator: "\n", omittingEmptySubsequences: false), right.split(separator: "\n", omittingEmptySubsequences: false)
        )
        for (line, pair) in zip(a, b).enumerated() where pair.0 != pair.1 {
            return "line \(line + 1): \(pair.0.prefix(400)) <> \(pair.1.prefix(400))"
        }
        return "\(a.count) lines <> \(b.count) lines"
    }

    private final class TextStream: TextOutputStream {
        var text = ""
        func write(_ string: String) { text += string }
    }
}
