public import Connectors
public import Models
import Records

/// What a job file may name: the stages, formats and model families there are. Tests put their own in.
public struct Components {
    public var stages: [any Stage.Type]
    public var formats: [any FeedFormat.Type]
    public var families: [any ClassifierFamily.Type]

    public init(stages: [any Stage.Type], formats: [any FeedFormat.Type], families: [any ClassifierFamily.Type]) {
        (self.stages, self.formats, self.families) = (stages, formats, families)
    }

    /// The three lists of the program: `Stages.all`, `FeedFormats.all`, `ModelFamilies.classifiers`.
    public static var standard: Components { Components(stages: Stages.all, formats: FeedFormats.all, families: ModelFamilies.classifiers) }

    func stage(_ name: String) -> StageDefinition? { stages.first { $0.definition.definition.name == name }?.definition }
    func format(_ name: String) -> (any FeedFormat.Type)? { formats.first { $0.definition.name == name } }
    func family(_ name: String) -> Definition? { families.first { $0.definition.name == name }?.definition }
}
