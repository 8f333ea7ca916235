import ArgumentParser
import Connectors
import Foundation
import Models
import Pipelines
import Records

/// What the shell offers for names and numbers that live in the database; nothing where there is none.
enum Completions {
    static let runs = names { database in try RunStore(database.database).list(limit: 100).map { String($0.id) } }
    static let items = names { database in
        try ReviewStore(database.database).list(now: .distantPast, limit: 100).map { String($0.item.id) }
    }
    static let models = names { database in unique(try ModelStore(database.database).versions(of: nil).map(\.name)) }
    static let queues = names { database in unique(try ReviewStore(database.database).counts(now: .distantPast).map(\.queue)) }
    static let jobs = names { database in unique(try RunStore(database.database).list(limit: 1_000).map(\.job)) }

    static let tables = names { database in try database.tableNames() }

    private static func names(_ fetch: @escaping @Sendable (RunStore) throws -> [String]) -> CompletionKind {
        .custom { arguments, _, prefix in
            let found = try? Warehouse(path: database(of: arguments), access: .read).read { try fetch(RunStore($0)) }
            return (found ?? []).filter { $0.hasPrefix(prefix) }
        }
    }

    /// As typed so far.
    private static func database(of words: [String]) -> String {
        for (index, word) in words.enumerated() {
            if word == "--database", index + 1 < words.count { return words[index + 1] }
            if word.hasPrefix("--database=") { return String(word.dropFirst(11)) }
        }
        return "pipeline.db"
    }

    private static func unique(_ names: [String]) -> [String] { Set(names).sorted() }
}
