import Models
import Records

/// The rows of a period with their features and labels, taken block by block as a stage gives them.
struct FeatureGathering {
    /// What a stage gave for a block of rows.
    struct Block {
        let batch: RecordBatch
        let keys: [UInt64]
        /// Event times, microseconds.
        let times: [Int64]
        /// Labels that stand in the rows themselves; empty = they come from a feed of labels.
        let labels: [Bool?]
        let features: FeatureMatrix
    }

    private var result: FeatureSet
    private let labels: LabelTable
    private let labelsKnownBy: Timestamp
    private let labelDelay: Timestamp.Span
    private let life: (stage: any PreparedStage, scan: LifeScan)?
    private var kinds: RowKinds?
    private let entityColumn: Int?
    private var entities = EntityNumbers()
    private let numbers: [(name: String, number: RowNumber)]

    /// - Parameters:
    ///   - life: a prepared stage with the ends of its units, of which rows have times left for labels.
    ///   - numbers: columns or features whose values are kept beside the features.
    ///   - preparation: what the stage learnt first.
    init(
        _ job: ScoringJob, stage: any Stage, life: (stage: any PreparedStage, scan: LifeScan)?, labels: LabelTable,
        labelsKnownBy: Timestamp, numbers wanted: Set<String>, preparation: [UInt8]
    ) throws(Failure) {
        let names = try Stages.required(job.stage.name).definition(for: job.stage).features.map(\.name)
        let schema = job.main.schema
        (self.labels, self.labelsKnownBy, labelDelay, self.life) = (labels, labelsKnownBy, job.main.labelDelay, life)
        kinds = (stage as? any ClassedStage).map { RowKinds($0, labelsKnownBy: labelsKnownBy) }
        entityColumn = job.entityColumn.flatMap { schema.index(of: $0) }
        numbers = wanted.sorted().compactMap { name in RowNumber(name, schema: schema, featureNames: names).map { (name, $0) } }
        result = FeatureSet(matrix: FeatureMatrix(featureCount: names.count))
        result.preparation = preparation
        for (name, _) in numbers { result.numbers[name] = [] }
        if let life { result.life = LifeTargets(left: [], atLeast: [], units: [], horizon: life.stage.horizon) }
    }

    /// Takes the given rows of the block; every block must be shown, as kinds of rows are told from all.
    mutating func take(_ block: Block, rows: [Int]) {
        let units = life?.stage.units(of: block.batch) ?? []
        kinds?.next(block.batch, times: block.times)
        for row in rows {
            if let life {
                let left = life.scan.left(units[row], at: block.times[row], step: life.stage.step)
                let atLeast = life.scan.atLeast(units[row], at: block.times[row], step: life.stage.step)
                // Of a unit that was last seen within the horizon nobody knows whether it failed in it.
                if left.isNaN, atLeast <= life.stage.horizon { continue }
                result.life?.left.append(left)
                result.life?.atLeast.append(atLeast)
                result.life?.units.append(LifeScan.number(of: units[row]))
            }
            var label = label(ofRow: row, of: block)
            // Of a piece that nobody inspected nobody knows whether it was sound.
            if kinds != nil, !(kinds?.take(row, &label) ?? true) { continue }
            append(row, of: block, label: label)
        }
    }

    private func label(ofRow row: Int, of block: Block) -> Bool? {
        guard !block.labels.isEmpty else { return labels.label(of: block.keys[row], knownBy: labelsKnownBy) }
        let isKnown = block.times[row] + labelDelay.microseconds <= labelsKnownBy.microseconds
        return isKnown ? block.labels[row] : nil
    }

    private mutating func append(_ row: Int, of block: Block, label: Bool?) {
        result.matrix.values.append(contentsOf: block.features.row(row))
        result.keys.append(block.keys[row])
        result.times.append(block.times[row])
        result.entities.append(entityColumn.map { entities.number(block.batch.columns[$0].text(row) ?? "") } ?? result.entities.count)
        if let left = result.life?.left.last, let horizon = result.life?.horizon {
            result.labels.append(left <= horizon ? 1 : 0)
        } else {
            result.labels.append(label == true ? 1 : 0)
        }
        for (name, number) in numbers {
            result.numbers[name]?.append(number.value(batch: block.batch, features: block.features, row: row))
        }
    }

    /// All rows taken.
    func finished() -> FeatureSet {
        var result = result
        result.classes = kinds?.targets
        return result
    }
}

/// Numbers texts in order of first appearance.
private struct EntityNumbers {
    private var numbers: [String: Int] = [:]

    mutating func number(_ text: String) -> Int {
        if let number = numbers[text] { return number }
        numbers[text] = numbers.count
        return numbers.count - 1
    }
}
