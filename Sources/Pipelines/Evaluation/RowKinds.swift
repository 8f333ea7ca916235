import Models
import Records

/// Kinds of the rows that are kept, as far as they are known by a time.
struct RowKinds {
    private let stage: any ClassedStage
    private let limit: Int64
    private var places: [String: Int] = [:]
    private var names: [String] = []
    private var labels: [Int] = []
    private var block: [String?] = []

    init(_ stage: any ClassedStage, labelsKnownBy: Timestamp) {
        self.stage = stage
        limit = labelsKnownBy.microseconds
    }

    /// Nil where the stage knows no kinds.
    var targets: ClassTargets? { stage.knowsClasses ? ClassTargets(names: names, labels: labels) : nil }

    mutating func next(_ batch: RecordBatch, times: [Int64]) {
        guard stage.knowsClasses else { return }
        block = stage.classes(of: batch)
        let delay = stage.classDelay.microseconds
        for row in block.indices where times[row] > limit - max(delay, 0) { block[row] = nil }
    }

    /// Takes the row's kind in, which says what its label is; false = neither is known.
    mutating func take(_ row: Int, _ label: inout Bool?) -> Bool {
        guard stage.knowsClasses else { return label != nil }
        guard let name = block[row] else {
            if label != nil { labels.append(-1) }
            return label != nil
        }
        label = !stage.isSound(name)
        if places[name] == nil {
            places[name] = names.count
            names.append(name)
        }
        labels.append(places[name] ?? -1)
        return true
    }
}
