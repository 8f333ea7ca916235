/// One control figure that a job wants compared: what the file states, and of which records the same is computed.
///
/// Sources are written as the feed's columns write them. XML: paths from the record, where `..` leads to what stands beside or above it,
/// before or after: `../../GrpHdr/NbOfTxs`. The element that the stated figure's `..` leads to is the group whose records are counted, so
/// that a file with several statements has a figure for each.
public struct FeedControl: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// The number of records, those included that a reader would reject.
        case rows
        /// The sum of an amount of every record.
        case sum
        /// An opening figure and the sum; the stated figure is the closing one.
        case balance
    }

    /// As shown: the kind's name unless the job gives another.
    public let name: String
    public let kind: Kind
    public let stated: String
    /// For balances.
    public let opening: String?
    /// For sums and balances: the amount, from the record.
    public let amount: String?
    /// A source from the element around the amount that says whether it counts negatively, `CdtDbtInd`; holds for the amount of each
    /// record and for the opening and the stated figure alike. Nil = amounts are signed themselves.
    public let sign: String?
    /// Texts of `sign` that mean a negative amount; all others mean a positive one.
    public let negative: [String]
    /// Where the records are, if not where the feed's rows are: `Document/BkToCstmrStmt/Stmt/Ntry[Sts='BOOK']`.
    public let over: String?
    /// A source from the group that names it in ``ControlFigure/place``: `Id`.
    public let label: String?

    public init(
        name: String? = nil, kind: Kind, stated: String, opening: String? = nil, amount: String? = nil, sign: String? = nil,
        negative: [String] = ["DBIT", "D", "-"], over: String? = nil, label: String? = nil
    ) {
        (self.name, self.kind, self.stated, self.opening) = (name ?? kind.rawValue, kind, stated, opening)
        (self.amount, self.sign, self.negative, self.over, self.label) = (amount, sign, negative, over, label)
    }
}
