public import Records

/// Every model family there is: what is listed here can be named in a job file, and is tested by the contract suites.
public enum ModelFamilies {
    public static let classifiers: [any ClassifierFamily.Type] = [
        BoostingFamily.self, LifeFamily.self, DefectFamily.self, LogisticFamily.self,
    ]

    public static let regressors: [any RegressorFamily.Type] = [BoostingRegressionFamily.self]
    public static let multiclass: [any MulticlassFamily.Type] = [BoostingMulticlassFamily.self]
    public static let text: [any TextClassifierFamily.Type] = [TextFamily.self]

    public static let recommenders: [any RecommenderFamily.Type] = [
        PopularityFamily.self, RepeatFamily.self, ItemNeighbourFamily.self, EASEFamily.self, ImplicitALSFamily.self, RankedFamily.self,
        BlendFamily.self,
    ]

    /// - Throws: a name that is not listed, with the nearest one.
    public static func recommender(named name: String) throws(Failure) -> any RecommenderFamily.Type {
        guard let family = recommenders.first(where: { $0.definition.name == name }) else {
            throw .familyUnknown(name, known: recommenders.map { $0.definition.name })
        }
        return family
    }

    /// - Throws: a name that is not listed, with the nearest one.
    public static func classifier(named name: String) throws(Failure) -> any ClassifierFamily.Type {
        guard let family = classifiers.first(where: { $0.definition.name == name }) else {
            throw .familyUnknown(name, known: classifiers.map { $0.definition.name })
        }
        return family
    }
}
