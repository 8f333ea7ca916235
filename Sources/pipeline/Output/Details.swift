import Pipelines
package import Records

/// One thing as keys and values, in sections; the same three formats as a listing.
package struct Details: Sendable {
    package struct Field: Sendable {
        /// Of JSON and CSV, in snake case; the label is made of it.
        package var name: String
        package var cell: Cell
        /// Shown after the value, such as a share; for people only.
        package var remark: String

        package init(_ name: String, _ cell: Cell, remark: String = "") { (self.name, self.cell, self.remark) = (name, cell, remark) }
    }

    package struct Section: Sendable {
        /// Nil: its fields stand at the top level of the JSON object; else they are an object of this name.
        package var name: String?
        package var fields: [Field]

        package init(_ name: String? = nil, _ fields: [Field]) { (self.name, self.fields) = (name, fields) }
    }

    /// First line, for people only.
    package var title: String
    package var sections: [Section]

    package init(title: String = "", sections: [Section]) { (self.title, self.sections) = (title, sections) }

    package init(title: String = "", _ fields: [Field]) { self.init(title: title, sections: [Section(nil, fields)]) }

    package func rendered(as format: OutputFormat, terminal: Terminal = .plain) -> String {
        switch format {
        case .table: text(terminal)
        case .json: OutputFormat.json(json) + "\n"
        case .csv: csv
        }
    }

    private func text(_ terminal: Terminal) -> String {
        var text = title.isEmpty ? "" : terminal.styled(title, .bold) + "\n"
        let labels = sections.flatMap(\.fields).map { Self.label($0.name) }
        let width = labels.map(DisplayWidth.of).max() ?? 0
        for section in sections {
            if let name = section.name { text += "\n" + terminal.styled(Self.label(name), .bold) + "\n" }
            let numbers = section.fields.filter { $0.cell.isNumber }.map { DisplayWidth.of($0.cell.shown) }.max() ?? 0
            for field in section.fields {
                let value = field.cell.isNumber ? DisplayWidth.pad(field.cell.full, to: numbers, right: true) : field.cell.full
                let label = DisplayWidth.pad(Self.label(field.name), to: width)
                text += "  \(terminal.styled(label, .dim))  \(value)\(field.remark.isEmpty ? "" : "  \(field.remark)")\n"
            }
        }
        return text
    }

    private static func label(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

    package var json: JSONValue {
        .object(
            sections.flatMap { section -> [JSONValue.Member] in
                let members = section.fields.flatMap(Self.members)
                return section.name.map { [.init($0, .object(members))] } ?? members
            })
    }

    private static func members(_ field: Field) -> [JSONValue.Member] {
        if case .money = field.cell {
            return [.init(field.name, field.cell.json), .init(field.name + "_currency", field.cell.currency.json)]
        }
        return [.init(field.name, field.cell.json)]
    }

    /// A header and one line; fields of a named section are `section.field`.
    private var csv: String {
        let values = sections.flatMap { section in
            section.fields.flatMap(Self.members).map { member in
                (
                    section.name.map { "\($0).\(member.name)" } ?? member.name,
                    member.value.string ?? (member.value == .null ? "" : member.value.json)
                )
            }
        }
        return OutputFormat.csv(values.map(\.0)) + OutputFormat.csv(values.map(\.1))
    }
}

extension Cell {
    /// Aligned right among its like.
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .real, .share, .money, .bytes, .seconds: true
        default: false
        }
    }

    /// As shown, hashes in full.
    fileprivate var full: String { if case .digest(let value) = self { value } else { shown } }
}
