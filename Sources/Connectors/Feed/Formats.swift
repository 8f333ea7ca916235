public import Records

/// The formats a feed can have: the one list. A new format is a folder beside this one, an entry here, and the `FeedContract` in its tests.
public enum FeedFormats {
    public static let all: [any FeedFormat.Type] = [CSVFormat.self, XMLFormat.self]

    public static var names: [String] { all.map { $0.definition.name } }

    /// - Throws: a name that is not in the list, with the nearest one.
    public static func named(_ name: String) throws(Failure) -> any FeedFormat.Type {
        guard let format = all.first(where: { $0.definition.name == name }) else { throw .formatUnknown(name) }
        return format
    }
}
