import Connectors
public import GRDB
import Models
import Records

/// How much each reason of a review item weighs: exact Shapley contributions to the log-odds by the model version that scored the row, from
/// the features stored with it.
public struct ReasonWeights: Hashable, Sendable {
    /// Reasons before the first that has a weight: what the model says besides (life left, kind, plan) and signals of control charts.
    public var leading: Int
    /// One a reason after those, in their order: falling, each above 0. `exp` of one is the factor by which it multiplies the odds.
    public var weights: [Double]
    /// All other contributions together, without the base value; mostly below 0.
    public var others: Double
    /// The model's base value: the log-odds of a row of which nothing is known.
    public var base: Double

    /// A model brought to life, to be used for several items.
    public struct Model: Sendable {
        /// Of the artefact.
        public let digest: String
        let classifier: any Classifier
    }

    /// - Parameter known: a model loaded for an earlier item; it is used again where it is the one.
    /// - Returns: nil where the rules scored, the job stores no features, or the reasons are not those that this model gives.
    public static func of(
        _ item: ReviewItem, known: Model? = nil, in database: Database
    ) throws -> (weights: ReasonWeights, model: Model)? {
        guard item.kind == .row, !item.reasons.isEmpty, let features = try storedFeatures(of: item, in: database),
            let model = try model(of: item, known: known, in: database), model.classifier.featureNames.count == features.count
        else { return nil }
        let contributions = try model.classifier.contributions(of: FeatureMatrix(featureCount: features.count, values: features))
        guard contributions.count == features.count + 1 else { return nil }
        let leading = item.reasons.prefix(while: isSaying).count, told = try featuresTold(of: item, count: features.count, in: database)
        let raising = contributions.prefix(told).filter { $0 > 0 }.map(Double.init).sorted(by: >)
        guard raising.count >= item.reasons.count - leading else { return nil }
        let weights = Array(raising.prefix(item.reasons.count - leading))
        let total = contributions.prefix(features.count).reduce(0.0) { $0 + Double($1) }
        let result = ReasonWeights(
            leading: leading, weights: weights, others: total - weights.reduce(0, +), base: Double(contributions[features.count]))
        return (result, model)
    }

    /// No feature stands behind it.
    private static func isSaying(_ reason: String) -> Bool {
        ReasonCounts.form(reason) == nil || ControlChart.Signals.meanings.contains { reason.hasSuffix(": \($0.meaning)") }
    }

    /// Features that reasons are made of, from the first: the quality stage tells what charts say in words of their own.
    private static func featuresTold(of item: ReviewItem, count: Int, in database: Database) throws -> Int {
        let stage = try RunStore(database).job(ofRun: item.run).scored().stage
        return stage.name == QualityStage.definition.definition.name ? min(QualityNames(stage).pieceCount + 1, count) : count
    }

    private static func storedFeatures(of item: ReviewItem, in database: Database) throws -> [Float]? {
        guard
            let table = try String.fetchOne(
                database, sql: "SELECT name FROM pipeline_results WHERE job = ? AND feed IS NULL", arguments: [item.job])
        else { return nil }
        let key = try database.columns(in: table).map(\.name).prefix { $0 != "version" }
        let values = item.key.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        guard key.count == values.count else { return nil }
        let condition = key.map { "\($0.quotedDatabaseIdentifier) IS ? AND " }.joined()
        let row = try Row.fetchOne(
            database, sql: "SELECT features FROM \(table.quotedDatabaseIdentifier) WHERE \(condition)version = ?",
            arguments: StatementArguments(values) + [item.version])
        let features = PackedFeatures.unpack(row?["features"])
        return features.isEmpty ? nil : features
    }

    private static func model(of item: ReviewItem, known: Model?, in database: Database) throws -> Model? {
        let run = try RunStore(database).run(item.run)
        guard let name = run.model, let number = run.modelVersion else { return nil }
        let store = ModelStore(database)
        guard let version = try store.versions(of: name).first(where: { $0.version == number }) else { return nil }
        if let known, known.digest == version.digest { return known }
        let family = try ModelFamilies.classifier(named: version.family)
        let classifier = try family.load(try store.artefact(of: version), featureNames: version.featureNames, threads: 1)
        return Model(digest: version.digest, classifier: classifier)
    }
}
