/// Where an imported version came from, and how it was checked.
public struct ModelOrigin: Hashable, Sendable, Codable {
    /// `pipeline`, `xgboost-json` or `lightgbm-text`.
    public var format: String
    /// SHA-256 of the file, lower-case hex.
    public var fileDigest: String
    /// `account@host`.
    public var importedBy: String
    /// ISO 8601.
    public var imported: String
    /// As whoever imported it stated.
    public var statement: String
    /// Version of the catalog it was exported from; nil in files of other programs.
    public var exportedVersion: Int?
    /// Boosting rounds that score.
    public var trees: Int?
    /// Of the sample with expected outputs: SHA-256, rows, the largest difference of a probability, and what was allowed.
    public var sampleDigest: String?
    public var sampleRows: Int?
    public var largestDifference: Double?
    public var tolerance: Double?

    public init(format: String, fileDigest: String, importedBy: String, imported: String, statement: String) {
        (self.format, self.fileDigest, self.importedBy) = (format, fileDigest, importedBy)
        (self.imported, self.statement) = (imported, statement)
    }
}
