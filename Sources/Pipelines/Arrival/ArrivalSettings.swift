import Records

/// What a feed declares about its deliveries: when a file is whole, what it must add up to, when it is due, and what may change in it.
public struct ArrivalSettings: Sendable {
    /// Names of marker files with one `*` for a file's name, such as `*.done`, or one name for the whole folder; nil = none needed.
    public var marker: String?
    public var control: ControlSettings?
    public var expect: ExpectSettings?
    public var contract: ContractSettings?
    /// A file that breaks off holds its run until a person has accepted it: an unknown number of rows is missing.
    public var holdsBrokenFiles = true

    public init() {}

    /// Files of the feed are looked at as a whole before a run reads them.
    var isInspected: Bool { control != nil || expect != nil || contract != nil }
}

/// `control:` where a delivery states how many rows it has and what a column adds up to.
public struct ControlSettings: Sendable, Hashable {
    /// Where the figures stand.
    public enum Source: Sendable, Hashable {
        /// In the file's last line, which is no row: fields by position from 1.
        case trailer
        /// In a CSV file beside it, with a header; `*` stands for the file's name, with or without its extensions. Figures by column name.
        case manifest(pattern: String)
        /// In the document: paths from the record.
        case paths
    }
    /// A column that is added up, where its sum stands and, for balances, where the opening figure does.
    public struct Sum: Sendable, Hashable {
        public var column: String
        public var place: String
        public var opening: String?
    }
    public enum Mismatch: String, CaseIterable, Sendable {
        /// A review item; the run goes on.
        case flag
        /// A review item, and the run is held.
        case hold
    }
    public var source: Source
    /// Where the number of rows stands.
    public var rows: String?
    public var sum: Sum?
    /// XML only.
    public var balance: Sum?
    /// XML only, as in `FeedControl`.
    public var sign: String?
    public var negative: [String]?
    public var over: String?
    public var label: String?
    /// Manifest only: where the SHA-256 of the file's bytes stands.
    public var digest: String?
    public var mismatch = Mismatch.flag
    /// XML only: a figure that a document does not state is no reason for a review item.
    public var isOptional = false
}

/// `expect:` when a delivery is due and how large it is.
public struct ExpectSettings: Sendable, Hashable {
    public enum Every: String, CaseIterable, Sendable {
        case hour
        case day
        case businessDay = "business-day"
        case week
    }
    public var every: Every
    /// Minutes after midnight in the calendar's zone; of an hour, minutes after its start.
    public var by: Int
    /// Fewest rows; nil = half the median of the deliveries before it.
    public var atLeast: Int?

    public init(every: Every, by: Int, atLeast: Int? = nil) { (self.every, self.by, self.atLeast) = (every, by, atLeast) }
}

/// What happens when a delivery is not what its feed looked like so far; the names are those of dlt's schema contract.
public enum ContractMode: String, CaseIterable, Sendable {
    /// Go on, and remember what it looks like now.
    case evolve
    /// Refuse the file; the run goes on with the others, or fails where there is none.
    case freeze
    /// Rows with what is new become rejects; the others are read.
    case discardRow = "discard-row"
    /// Set the file aside whole until a person accepts it.
    case quarantine
}

/// `contract:` a mode for changed columns, types and values each.
public struct ContractSettings: Sendable, Hashable {
    /// Columns added, gone, moved or renamed.
    public var columns: ContractMode
    /// Values that do not fit a column's type any more.
    public var types: ContractMode
    /// Texts never seen in a column that has few.
    public var values: ContractMode

    public init(columns: ContractMode, types: ContractMode, values: ContractMode) {
        (self.columns, self.types, self.values) = (columns, types, values)
    }
}
