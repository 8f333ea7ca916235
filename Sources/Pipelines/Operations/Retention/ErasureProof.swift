import Connectors
import Foundation
import GRDB
import Records

/// Looks for a name in everything that a database's file holds, after the file was written anew.
struct ErasureProof {
    private let name: String
    private let warehouse: Warehouse

    init(_ name: String, in warehouse: Warehouse) { (self.name, self.warehouse) = (name, warehouse) }

    /// Bytes first: where they are nowhere in file and log, neither is the name. Where they are, it is looked whose they are, cell by cell;
    /// bytes that no cell accounts for are left too.
    ///
    /// - Returns: where the name stands; and whether its bytes are left within longer names alone.
    func search() throws(Failure) -> (left: String?, isWithinOthers: Bool) {
        let (search, spellings) = (NameSearch(name), Set([name, NameSearch.inJSON(name)]).sorted())
        var found: String?
        for spelling in spellings where found == nil { found = try warehouse.place(of: Array(spelling.utf8)) }
        guard let place = found else { return (nil, false) }
        let (cell, longer) = try warehouse.read { database -> (String?, Bool) in
            var hasLonger = false
            for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
                for column in try database.columns(in: table) {
                    let quoted = ResultTable.quoted(column.name)
                    let holds = spellings.map { _ in "instr(CAST(\(quoted) AS BLOB), CAST(? AS BLOB)) > 0" }.joined(separator: " OR ")
                    let cells = try Data.fetchCursor(
                        database,
                        sql: "SELECT CAST(\(quoted) AS BLOB) FROM \(ResultTable.quoted(table)) WHERE \(holds)",
                        arguments: StatementArguments(spellings))
                    while let cell = try cells.next() {
                        // Bytes that are no text are read as Latin-1: each is a character, and digits and letters are what they are.
                        let text = String(validating: cell, as: UTF8.self) ?? TextEncoding.latin1.text(of: [UInt8](cell))
                        // A record's field may stand between commas and digits, which a sentence takes for one number.
                        if search.isWord(of: text) || search.isField(of: text) || !spellings.contains(where: text.contains) {
                            return ("\(table), column \(column.name)", hasLonger)
                        }
                        hasLonger = true
                    }
                }
            }
            return (nil, hasLonger)
        }
        if let cell { return (cell, longer) }
        return longer ? (nil, true) : (place, false)
    }
}
