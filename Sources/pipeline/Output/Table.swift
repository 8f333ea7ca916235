import Pipelines
package import Records

/// A listing: the one renderer of rows and columns.
package struct Table: Sendable {
    package struct Column: Sendable {
        package enum Kind: Sendable {
            case text
            /// Aligned right.
            case number
            /// Aligned right; programs get a second column `<name>_currency`.
            case money
        }
        /// Of JSON and CSV, in snake case; the header of tables is made of it.
        package var name: String
        package var kind: Kind
        /// Left out of tables, kept for programs.
        package var isHidden: Bool

        package init(_ name: String, _ kind: Kind = .text, hidden: Bool = false) { (self.name, self.kind, isHidden) = (name, kind, hidden) }
    }

    package var columns: [Column]
    package var rows: [[Cell]]

    /// - Precondition: every row has a cell for each column.
    package init(columns: [Column], rows: [[Cell]]) {
        precondition(rows.allSatisfy { $0.count == columns.count })
        (self.columns, self.rows) = (columns, rows)
    }

    package func rendered(as format: OutputFormat, terminal: Terminal = .plain) -> String {
        switch format {
        case .table: text(terminal)
        case .json: json
        case .csv: csv
        }
    }

    // MARK: For people

    private static let gap = "  "

    /// Header and rows, no trailing spaces; on a terminal the widest texts are cut until a line fits.
    package func text(_ terminal: Terminal = .plain, indent: String = "") -> String {
        let shown = columns.indices.filter { !columns[$0].isHidden }
        var cells = rows.map { row in shown.map { row[$0].shown } }
        let header = shown.map { columns[$0].name.split(separator: "_").joined(separator: " ").uppercased() }
        var widths = header.map(DisplayWidth.of)
        for row in cells { for (index, cell) in row.enumerated() { widths[index] = max(widths[index], DisplayWidth.of(cell)) } }
        if let limit = terminal.width {
            fit(&widths, to: limit - indent.utf8.count, shown: shown)
            for row in cells.indices {
                for index in widths.indices { cells[row][index] = DisplayWidth.cut(cells[row][index], to: widths[index]) }
            }
        }
        var text = indent + terminal.styled(line(header, widths, shown), .bold) + "\n"
        for row in cells { text += indent + line(row, widths, shown) + "\n" }
        return text
    }

    private func line(_ cells: [String], _ widths: [Int], _ shown: [Int]) -> String {
        let padded = cells.enumerated().map { DisplayWidth.pad($1, to: widths[$0], right: columns[shown[$0]].kind != .text) }
        let line = padded.joined(separator: Table.gap)
        return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }

    private func fit(_ widths: inout [Int], to limit: Int, shown: [Int]) {
        var excess = widths.reduce(0, +) + Table.gap.count * (widths.count - 1) - limit
        while excess > 0 {
            let texts = widths.indices.filter { isCuttable(shown[$0]) && widths[$0] > 8 }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    /// Numbers and times are of no use in part.
    private func isCuttable(_ column: Int) -> Bool {
        columns[column].kind == .text && rows.allSatisfy { if case .time = $0[column] { false } else { true } }
    }

    // MARK: For programs

    private var names: [String] { columns.flatMap { $0.kind == .money ? [$0.name, $0.name + "_currency"] : [$0.name] } }

    private func values(_ row: [Cell]) -> [Cell] { zip(columns, row).flatMap { $0.kind == .money ? [$1, $1.currency] : [$1] } }

    /// Each row as an object.
    package var objects: [JSONValue] {
        let names = names
        return rows.map { row in .object(zip(names, values(row)).map { .init($0, $1.json) }) }
    }

    /// An array with an object a line.
    private var json: String {
        rows.isEmpty ? "[]\n" : "[\n" + objects.map { "  " + $0.json }.joined(separator: ",\n") + "\n]\n"
    }

    private var csv: String {
        OutputFormat.csv(names) + rows.map { OutputFormat.csv(values($0).map(\.plain)) }.joined()
    }
}
