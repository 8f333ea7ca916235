import Connectors
import Models
public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures a maintenance job on units it has not seen.
///
/// `last-row`: trains on all rows of the job's feed, predicts the last row of each unit of other files, and compares with the life left
/// there (A. Saxena et al., "Damage Propagation Modeling for Aircraft Engine Run-to-Failure Simulation", PHM 2008). `units`: five folds
/// over the training units, all rows of each: what settings may be chosen by.
public struct LifeEvaluator: Sendable {
    let resamples: Int

    public init(resamples: Int = 1_000) { self.resamples = resamples }

    private struct Trained {
        var job: ScoringJob
        var collector: FeatureCollector
        var rows: FeatureSet
        var names: [String]
        var settings: TrainSettings
        var seed: UInt64
    }

    private func collected(_ job: Job, protocolName: String, progress: (Int) -> Void) throws(Failure) -> Trained {
        let job = try job.scored()
        guard let settings = job.train else { throw .trainMissing(job.name) }
        var collector = try FeatureCollector(job: job)
        let all = try collector.collect(from: .distantPast, to: .distantFuture, labelsKnownBy: .distantFuture, progress: progress)
        guard all.life != nil, settings.family == LifeFamily.definition.name else {
            throw .protocolStage(protocolName, stage: job.stage.name, expected: "the stage maintenance with `family: life`")
        }
        let names = try Stages.definition(of: job.stage).features.map(\.name)
        return Trained(
            job: job, collector: collector, rows: all, names: names, settings: settings, seed: RecordKey.hash(job.name) >> 1)
    }

    private func model(_ set: FeatureSet, _ trained: Trained) throws(Failure) -> LifeModel {
        let made = try LifeFamily.train(
            on: set.training(trained.names), parameters: trained.settings.parameters, seed: trained.seed, threads: 1)
        guard let model = made as? LifeModel else { preconditionFailure("the family trains this type") }
        return model
    }

    // MARK: Units left out

    public func units(_ job: Job, folds count: Int = 5, progress: (Int) -> Void = { _ in }) throws(Failure) -> ProtocolReport {
        var trained = try collected(job, protocolName: "units", progress: progress)
        let life = trained.rows.life ?? LifeTargets(left: [], atLeast: [], units: [], horizon: 0)
        let folds = GroupFolds(groups: life.units, folds: count, seed: 1)
        var outcomes: [Outcome] = []
        for fold in 0..<folds.count {
            let (inside, outside) = (folds.rows(in: fold), folds.rows(notIn: fold))
            // What the features rest on is learnt of the other units, too.
            let rows = try trained.collector.collect(
                from: .distantPast, to: .distantFuture, labelsKnownBy: .distantFuture, leavingOut: Set(inside.map { life.units[$0] }))
            let model = try model(rows.rows(outside), trained)
            let predicted = try model.lives(of: rows.matrix.rows(inside))
            let width = predicted.count / max(inside.count, 1)
            for (index, row) in inside.enumerated() where !life.left[row].isNaN {
                outcomes.append(
                    Outcome(
                        Array(predicted[(index * width)..<((index + 1) * width)]), truth: life.left[row], cap: model.cap,
                        unit: life.units[row]))
            }
        }
        return ProtocolReport(
            job: trained.job.name, name: "units",
            facts: [("folds", "\(folds.count)"), ("units", "\(Set(life.units).count)"), ("rows", "\(outcomes.count)")],
            figures: figures(outcomes))
    }

    // MARK: Last rows of other units

    /// - Parameters:
    ///   - test: pattern of the files tested, relative to the job file's folder.
    ///   - truth: file with the life left after each unit's last row, a number a line, in order of the units' first appearance.
    ///   - shuffled: the negative control: the truth is dealt to other units first.
    public func lastRows(
        _ job: Job, test: String, truth: String, shuffled: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> ProtocolReport {
        let trained = try collected(job, protocolName: "last-row", progress: progress)
        let model = try model(trained.rows, trained)
        let rows = try lastRows(of: test, trained.job, preparation: model.preparation)
        var left = try truths(truth, directory: trained.job.directory)
        guard left.count == rows.rowCount else { throw .protocolTruth(truth, found: left.count, units: rows.rowCount) }
        if shuffled {
            for index in left.indices.reversed() where index > 0 {
                left.swapAt(index, Int(RecordKey.mix(UInt64(index)) % UInt64(index + 1)))
            }
        }
        let predicted = try model.lives(of: rows)
        let width = predicted.count / max(left.count, 1)
        let outcomes = left.indices.map {
            Outcome(Array(predicted[($0 * width)..<(($0 + 1) * width)]), truth: left[$0], cap: model.cap, unit: $0)
        }
        return ProtocolReport(
            job: trained.job.name, name: "last-row",
            facts: [
                ("training_units", "\(Set(trained.rows.life?.units ?? []).count)"), ("training_rows", "\(trained.rows.labels.count)"),
                ("features", "\(trained.names.count)"), ("test_units", "\(left.count)"), ("truth_clipped_at", "\(Int(model.cap))"),
                ("shuffled", "\(shuffled)"),
            ], figures: figures(outcomes))
    }

    private func lastRows(of pattern: String, _ job: ScoringJob, preparation: [UInt8]) throws(Failure) -> FeatureMatrix {
        let type = try Stages.required(job.stage.name), schema = job.main.schema
        let stage = try type.init(configuration: job.stage, schema: schema)
        guard let prepared = stage as? any PreparedStage else {
            throw .protocolStage("last-row", stage: job.stage.name, expected: "the stage maintenance")
        }
        try prepared.prepare(preparation)
        _ = try job.absorbTables(into: stage)
        var feed = job.main
        feed.files = pattern
        let files = try Readiness.deliveries(of: feed, in: job.directory)
        guard !files.isEmpty else { throw .feedWithoutRows(pattern) }
        let time = feed.eventTime.flatMap { schema.index(of: $0) } ?? 0
        let keys = feed.key.compactMap { schema.index(of: $0) }
        var (order, newest, rows): ([UInt64], [UInt64: Int64], [UInt64: [Float]]) = ([], [:], [:])
        let reader = BlockReader(feed: feed, files: files, blockRows: 8_192)
        while let next = try reader.next() {
            let batch = next.block.batch, times = batch.columns[time].integers
            let features = try stage.consume(StageInput(batch: batch, keys: RecordKey.hashes(of: batch, columns: keys), times: times))
            for (row, unit) in prepared.units(of: batch).enumerated() {
                if newest[unit] == nil { order.append(unit) }
                guard times[row] >= newest[unit] ?? .min else { continue }
                newest[unit] = times[row]
                rows[unit] = Array(features.row(row))
            }
        }
        return FeatureMatrix(
            featureCount: type.definition(for: job.stage).features.count, values: order.flatMap { rows[$0] ?? [] })
    }

    private func truths(_ path: String, directory: String) throws(Failure) -> [Float] {
        let column = FeedColumn(field: Field("left", .float64), source: "1")
        let feed = JobFeed(
            name: "truth", role: .table, format: "csv", options: ["header": .bool(false), "delimiter": .text("blanks")], files: path,
            columns: [column], key: [])
        let reader = BlockReader(feed: feed, files: try Readiness.deliveries(of: feed, in: directory), blockRows: 8_192)
        var left: [Float] = []
        while let next = try reader.next() { left += next.block.batch.columns[0].doubles.map { Float($0) } }
        return left
    }

    // MARK: Figures

    private struct Outcome {
        let unit: Int
        /// Predicted less true life, clipped and not.
        let error: Double
        let errorUnclipped: Double
        /// Whether the interval holds the clipped truth; nil without an interval.
        let isInside: Bool?
        let width: Double

        init(_ predicted: [Float], truth: Float, cap: Float, unit: Int) {
            let clipped = min(truth, cap)
            self.unit = unit
            error = Double(predicted[0] - clipped)
            errorUnclipped = Double(predicted[0] - truth)
            isInside = predicted.count == 3 ? predicted[1] <= clipped && clipped <= predicted[2] : nil
            width = predicted.count == 3 ? Double(predicted[2] - predicted[1]) : 0
        }

        /// The data's own score: late predictions cost more than early ones.
        var nasa: Double { error < 0 ? exp(-error / 13) - 1 : exp(error / 10) - 1 }
    }

    private func figures(_ outcomes: [Outcome]) -> [ProtocolReport.Figure] {
        let bootstrap = ClusterBootstrap(identifiers: outcomes.map(\.unit), resamples: max(resamples, 40), seed: 1)
        let intervals = bootstrap.intervals { weights in
            var (count, squares, unclipped, nasa, inside, width) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
            for (row, outcome) in outcomes.enumerated() {
                let weight = Double(weights[bootstrap.clusters[row]])
                count += weight
                squares += weight * outcome.error * outcome.error
                unclipped += weight * outcome.errorUnclipped * outcome.errorUnclipped
                nasa += weight * outcome.nasa
                inside += weight * (outcome.isInside == true ? 1 : 0)
                width += weight * outcome.width
            }
            guard count > 0 else { return [nil, nil, nil, nil, nil] }
            let hasInterval = outcomes.first?.isInside != nil
            return [
                (squares / count).squareRoot(), (unclipped / count).squareRoot(), nasa, hasInterval ? inside / count : nil,
                hasInterval ? width / count : nil,
            ]
        }
        let names = ["rmse", "rmse_unclipped", "nasa_score", "interval_coverage", "interval_width"]
        return zip(names, intervals).compactMap { ProtocolReport.Figure($0, $1) }
    }
}
