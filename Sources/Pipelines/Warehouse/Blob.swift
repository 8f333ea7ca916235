import Foundation
package import GRDB

/// Bytes bound as a BLOB; an empty one is an empty BLOB, not NULL.
package struct Blob: DatabaseValueConvertible, StatementBinding {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> Blob? {
        Data.fromDatabaseValue(value).map { Blob([UInt8]($0)) }
    }
}
