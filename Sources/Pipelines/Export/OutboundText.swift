import Connectors
import Records

/// The bytes of an outbound file: CSV with a header, or XML with one element a row.
struct OutboundText {
    private let outbound: Outbound
    private var csv = CSVWriter(Self.configuration)
    private var xml: [UInt8] = []

    /// For programs: nothing is rewritten for spreadsheets.
    private static var configuration: CSVWriter.Configuration {
        var configuration = CSVWriter.Configuration(encoding: .utf8)
        configuration.guardsFormulas = false
        return configuration
    }

    init(_ outbound: Outbound) { self.outbound = outbound }

    var count: Int { outbound.form == .csv ? csv.count : xml.count }

    mutating func take() -> [UInt8] {
        guard outbound.form == .xml else { return csv.take() }
        defer { xml.removeAll(keepingCapacity: true) }
        return xml
    }

    mutating func begin(columns: [String]) {
        guard outbound.form == .xml else {
            for name in columns { csv.value(name) }
            return csv.endRecord()
        }
        xml +=
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <outcomes job="\(Self.escaped(outbound.job))" receiver="\(Self.escaped(outbound.receiver))" delivery="\(outbound.number)" \
            made="\(outbound.made.iso8601)">

            """.utf8
    }

    mutating func append(_ line: OutboundRows.Line) {
        guard outbound.form == .xml else {
            for (_, value) in line { if let value { csv.text(value) } else { csv.missing() } }
            return csv.endRecord()
        }
        xml += "  <row>".utf8
        // A column's name is a name in XML too: small letters, digits and _.
        for (name, value) in line { if let value { xml += "<\(name)>\(Self.escaped(value))</\(name)>".utf8 } }
        xml += "</row>\n".utf8
    }

    /// - Parameter rows: written at the end too, so that a file that was cut says so.
    mutating func end(rows: Int64) { if outbound.form == .xml { xml += "  <total rows=\"\(rows)\"/>\n</outcomes>\n".utf8 } }

    /// Characters that XML 1.0 cannot hold become U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: escaped += "&amp;"
            case 0x3C: escaped += "&lt;"
            case 0x3E: escaped += "&gt;"
            case 0x22: escaped += "&quot;"
            case 0x0D: escaped += "&#13;"
            case 0x09, 0x0A: escaped.unicodeScalars.append(scalar)
            case 0..<0x20, 0xFFFE, 0xFFFF: escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
