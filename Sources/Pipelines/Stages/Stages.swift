package import Records

/// The list of stages: what stands here can be named in a job file and is tested by `StageContract`.
public enum Stages {
    public static var all: [any Stage.Type] {
        [
            FraudStage.self, DemandStage.self, RecommendationStage.self, MaintenanceStage.self, AnomalyStage.self, QualityStage.self,
            SupportStage.self,
        ]
    }

    public static var names: [String] { all.map { $0.definition.definition.name } }

    /// - Throws: a name that is not listed.
    static func required(_ name: String) throws(Failure) -> any Stage.Type {
        guard let stage = named(name) else { throw .stageUnknown(name, known: names) }
        return stage
    }

    /// What the configured stage computes.
    ///
    /// - Throws: a name that is not listed.
    package static func definition(of configuration: StageConfiguration) throws(Failure) -> StageDefinition {
        try required(configuration.name).definition(for: configuration)
    }

    /// The stage that a job file calls `name`, or nil.
    public static func named(_ name: String) -> (any Stage.Type)? { all.first { $0.definition.definition.name == name } }
}
