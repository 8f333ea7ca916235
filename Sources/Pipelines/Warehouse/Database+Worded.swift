import Connectors
import Foundation
package import GRDB
package import Records

extension Database {
    /// Runs `body`; what SQLite throws becomes a `Failure` that names the file.
    package func worded<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch let failure as Failure {
            throw failure
        } catch {
            let path = try? String.fetchOne(self, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'")
            throw .warehouse(error, path: path ?? "")
        }
    }

    /// Runs one statement, prepared once a connection.
    package func runCached(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Row {
    /// A column of microseconds since 1970.
    package func timestamp(_ column: String) -> Timestamp { Timestamp(microseconds: self[column]) }

    package func optionalTimestamp(_ column: String) -> Timestamp? { (self[column] as Int64?).map(Timestamp.init(microseconds:)) }

    /// A column of JSON text. - Throws: text that is not JSON.
    package func json(_ column: String, table: String) throws -> JSONValue {
        guard let value = JSONValue(parsing: self[column] as String) else {
            throw Failure.storedValue(table: table, column: column, found: "text that is not JSON", expected: "JSON")
        }
        return value
    }
}

/// A name and a value as shown to people; nil is a missing value.
public struct NamedText: Hashable, Sendable, Codable {
    public var name: String
    public var value: String?

    public init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }
}
