/// What a stage, a format or a model family says of itself, once; checks, listings, scaffolds and reference pages come from it.
public struct Definition: Sendable {
    /// As written in a job file.
    public let name: String
    /// One sentence.
    public let summary: String
    public let parameters: [Parameter]

    public init(name: String, summary: String, parameters: [Parameter]) {
        (self.name, self.summary, self.parameters) = (name, summary, parameters)
    }
}

/// One setting: its type, default, limits, help and an example.
public struct Parameter: Sendable {
    public enum Kind: Sendable, Equatable {
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case bool
        case text
        case choice([String])
        /// A duration such as `7d`.
        case span
        /// The name of a column of the main feed, of one of the given types (by name; empty = any).
        case column([String])
        /// The name of a model of the catalog.
        case model
        /// The name of a feed with `role: table`, whose rows the stage takes before those of the main feed.
        case feed
        /// A mapping of names to arithmetic over number columns; its value is a text, `name = expression` a line.
        case expressions
        /// A mapping of names to numbers and words, which the stage checks; its value is a text, `name = value` a line.
        case settings
    }

    public let name: String
    public let kind: Kind
    /// As it would be written; nil = must be given, unless `isOptional`.
    public let defaultValue: String?
    public let isOptional: Bool
    public let help: String
    public let example: String

    public init(_ name: String, _ kind: Kind, default defaultValue: String? = nil, optional: Bool = false, help: String, example: String) {
        (self.name, self.kind, self.defaultValue) = (name, kind, defaultValue)
        (isOptional, self.help, self.example) = (optional, help, example)
    }
}

/// The value of a parameter as given in a job file or by default.
public enum ParameterValue: Hashable, Sendable {
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case text(String)
    case span(Timestamp.Span)
}
