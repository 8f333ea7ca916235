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
        guard let place = try warehouse.place(of: Array(name.utf8)) else { return (nil, false) }
        let (name, search) = (name, NameSearch(name))
        let (cell, longer) = try warehouse.read { database -> (String?, Bool) in
            var hasLonger = false
            for table in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
                for column in try database.columns(in: table) {
                    let quoted = ResultTable.quoted(column.name)
                    let cells = try Data.fetchCursor(
                        database,
                        sql: """
                            SELECT CAST(\(quoted) AS BLOB) FROM \(ResultTable.quoted(table))
                            WHERE instr(CAST(\(quoted) AS BLOB), CAST(? AS BLOB)) > 0
                            """, arguments: [name])
                    while let cell = try cells.next() {
                        // Bytes that are no text are read as Latin-1: each is a character, and digits and letters are what they are.
                        let text = String(validating: cell, as: UTF8.self) ?? TextEncoding.latin1.text(of: [UInt8](cell))
                        if search.isWord(of: text) || !text.contains(name) { return ("\(table), column \(column.name)", hasLonger) }
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
