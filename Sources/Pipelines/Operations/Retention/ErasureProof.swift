package import Connectors
import Foundation
import GRDB
package import Records

/// Looks for a name in everything that a database's file holds, after the file was written anew.
package struct ErasureProof {
    private let name: String
    private let warehouse: Warehouse

    package init(_ name: String, in warehouse: Warehouse) { (self.name, self.warehouse) = (name, warehouse) }

    /// Cell by cell first, where it is looked whose the bytes are: a long value's may be cut by the pages of the file. Then the file and its
    /// log, byte by byte: whatever no cell accounts for by its neighbours, in free room or under a page that nothing names, is left too.
    ///
    /// - Returns: where the name stands; and whether its bytes are left within longer names alone.
    package func search() throws(Failure) -> (left: String?, isWithinOthers: Bool) {
        let spellings = Set([name, NameSearch.inJSON(name)]).sorted()
        var isInFile = false
        for spelling in spellings where !isInFile { isInFile = try warehouse.place(of: Array(spelling.utf8)) != nil }
        let numbersToo = isInFile
        let cells = try warehouse.read { database -> (left: String?, longer: LongerNames) in
            try look(for: spellings, numbersToo: numbersToo, in: database)
        }
        if let cell = cells.left { return (cell, !cells.longer.isEmpty) }
        guard isInFile else { return (nil, false) }
        for spelling in spellings {
            let place = try warehouse.place(of: Array(spelling.utf8), beside: LongerNames.width) {
                cells.longer.accountFor(spelling, before: $0, after: $1)
            }
            if let place { return (place, !cells.longer.isEmpty) }
        }
        return (nil, true)
    }

    /// - Parameter numbersToo: also in columns that hold numbers, whose bytes are not their digits.
    private func look(
        for spellings: [String], numbersToo: Bool, in database: Database
    ) throws -> (left: String?, longer: LongerNames) {
        let search = NameSearch(name)
        var longer = LongerNames()
        for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
            for column in try database.columns(in: table) {
                let quoted = ResultTable.quoted(column.name)
                let holds = spellings.map { _ in "instr(CAST(\(quoted) AS BLOB), CAST(? AS BLOB)) > 0" }.joined(separator: " OR ")
                let kind = numbersToo ? "" : "typeof(\(quoted)) IN ('text', 'blob') AND "
                let cells = try Data.fetchCursor(
                    database,
                    sql: "SELECT CAST(\(quoted) AS BLOB) FROM \(ResultTable.quoted(table)) WHERE \(kind)(\(holds))",
                    arguments: StatementArguments(spellings))
                while let cell = try cells.next() {
                    // Bytes that are no text are read as Latin-1: each is a character, and digits and letters are what they are.
                    let text = String(validating: cell, as: UTF8.self) ?? TextEncoding.latin1.text(of: [UInt8](cell))
                    // A record's field may stand between commas and digits, which a sentence takes for one number.
                    if search.isWord(of: text) || search.isField(of: text) || !spellings.contains(where: text.contains) {
                        return ("\(table), column \(column.name)", longer)
                    }
                    for spelling in spellings { longer.add(spelling, in: cell) }
                }
            }
        }
        return (nil, longer)
    }
}

/// What stands on both sides of a name where it is a part of longer ones, in the cells of a database.
struct LongerNames {
    /// Bytes looked at on each side.
    static let width = 4

    private struct Sides: Hashable {
        let name: String
        let before: [UInt8]
        let after: [UInt8]
    }

    private var sides: Set<Sides> = []

    var isEmpty: Bool { sides.isEmpty }

    mutating func add(_ name: String, in cell: Data) {
        let needle = Data(name.utf8)
        var from = cell.startIndex
        while let place = cell[from...].firstRange(of: needle) {
            let before = cell[..<place.lowerBound].suffix(Self.width), after = cell[place.upperBound...].prefix(Self.width)
            sides.insert(Sides(name: name, before: Array(before), after: Array(after)))
            from = place.lowerBound + 1
        }
    }

    /// Whether a cell explains the name between these bytes. Where a page cuts them short, as far as they go.
    func accountFor(_ name: String, before: [UInt8], after: [UInt8]) -> Bool {
        for left in 0...before.count {
            for right in 0...after.count
            where sides.contains(Sides(name: name, before: Array(before.suffix(left)), after: Array(after.prefix(right)))) {
                return true
            }
        }
        let (isCutBefore, isCutAfter) = (before.count < Self.width, after.count < Self.width)
        guard isCutBefore || isCutAfter else { return false }
        return sides.contains { side in
            let left = min(side.before.count, before.count), right = min(side.after.count, after.count)
            return side.name == name && (isCutBefore || left == side.before.count) && (isCutAfter || right == side.after.count)
                && side.before.suffix(left) == before.suffix(left) && side.after.prefix(right) == after.prefix(right)
        }
    }
}
