import Connectors
import Models
public import Records

/// Measures a quality job on pieces it has not learnt from.
///
/// `folds`: each part of the pieces is left out in turn, every kind spread evenly over the parts. `order`: learns from the first pieces and
/// tests on the last ones, by event time. Features that depend on the pieces before (control charts) are left out of `folds`, where there is
/// no before; of `order`, limits are learnt from the first pieces alone.
public struct QualityEvaluator: Sendable {
    let resamples: Int

    public init(resamples: Int = 1_000) { self.resamples = resamples }

    private struct Pieces {
        var set: FeatureSet
        /// Kind of each piece, in `names`; without kinds, 1 for a defective one.
        var labels: [Int]
        var names: [String]
        var knowsKinds: Bool
    }

    private struct Job {
        var scored: ScoringJob
        var settings: TrainSettings
        var featureNames: [String]
        var pieceFeatures: Int
        var seed: UInt64
    }

    /// What a model says of pieces it has not seen.
    private struct Verdicts {
        /// Places of the pieces.
        var rows: [Int] = []
        var scores: [Float] = []
        /// Row-major, one a kind; empty where there are no kinds.
        var kinds: [Float] = []
    }

    // MARK: Protocols

    /// - Parameters:
    ///   - count: parts, 2 or more.
    ///   - seed: deals the pieces into parts.
    ///   - inner: the first part is set aside and the others are dealt again: what settings may be chosen by.
    ///   - shuffled: the negative control: kinds and labels are dealt to other pieces first.
    public func folds(
        _ job: Pipelines.Job, folds count: Int, seed: UInt64 = 1, inner: Bool = false, shuffled: Bool = false,
        progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> ProtocolReport {
        let job = try prepared(job, protocolName: "folds")
        var pieces = try collected(job, from: .distantPast, to: .distantFuture, shuffled: shuffled, progress: progress)
        pieces.set.matrix = Self.pieceOnly(pieces.set.matrix, features: job.pieceFeatures)
        if inner {
            let outer = StratifiedFolds(labels: pieces.labels, folds: count, seed: seed)
            pieces = Self.part(pieces, outer.rows(notIn: 0))
        }
        let folds = StratifiedFolds(labels: pieces.labels, folds: count, seed: seed &+ (inner ? 1 : 0))
        var verdicts = Verdicts()
        for fold in 0..<folds.count {
            try judge(pieces, learning: folds.rows(notIn: fold), tested: folds.rows(in: fold), job, into: &verdicts)
        }
        return report("folds", job, pieces, verdicts, facts: [("folds", "\(count)"), ("seed", "\(seed)")], inner, shuffled)
    }

    /// - Parameters:
    ///   - share: of the pieces, at the end, that is tested.
    ///   - inner: the last ones are set aside, and the last of the others tested.
    public func order(
        _ job: Pipelines.Job, tested share: Double = 0.3, inner: Bool = false, shuffled: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> ProtocolReport {
        let job = try prepared(job, protocolName: "order")
        let times = try collected(job, from: .distantPast, to: .distantFuture, shuffled: false, progress: progress).set.times.sorted()
        func place(_ count: Int) -> Int { Int((Double(count) * (1 - share)).rounded()) }
        let end = inner ? place(times.count) : times.count
        let cut = place(end)
        guard cut > 0, cut < end else { throw .feedWithoutRows(job.scored.main.files) }
        let (from, to) = (Timestamp(microseconds: times[cut]), Timestamp(microseconds: times[end - 1] + 1))
        // Two passes: what a stage learns beforehand, it learns of the first pieces.
        let first = try collected(job, from: .distantPast, to: from, known: from, shuffled: shuffled)
        let last = try collected(job, from: from, to: to, shuffled: false, preparation: first.set.preparation)
        let model = try trained(first, rows: Array(first.labels.indices), job)
        var tested = last
        let places = Dictionary(uniqueKeysWithValues: zip(first.names, 0...))
        let names = first.names + last.names.filter { places[$0] == nil }
        let all = Dictionary(uniqueKeysWithValues: zip(names, 0...))
        (tested.labels, tested.names) = (last.labels.map { all[last.names[$0]] ?? 0 }, names)
        var verdicts = Verdicts()
        try add(model, tested, rows: Array(tested.labels.indices), into: &verdicts)
        return report(
            "order", job, tested, verdicts, facts: [("learnt_from", "\(first.labels.count)"), ("tested_from", from.iso8601)], inner,
            shuffled)
    }

    // MARK: Rows

    private func prepared(_ job: Pipelines.Job, protocolName: String) throws(Failure) -> Job {
        let scored = try job.scored()
        guard let settings = scored.train else { throw .trainMissing(scored.name) }
        guard scored.stage.name == QualityStage.definition.definition.name else {
            throw .protocolStage(protocolName, stage: scored.stage.name, expected: "the stage quality")
        }
        let names = QualityNames(scored.stage)
        return Job(
            scored: scored, settings: settings, featureNames: names.features.map(\.name), pieceFeatures: names.pieceCount,
            seed: RecordKey.hash(scored.name) >> 1)
    }

    private func collected(
        _ job: Job, from: Timestamp, to: Timestamp, known: Timestamp = .distantFuture, shuffled: Bool, preparation: [UInt8]? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws(Failure) -> Pieces {
        var collector = try FeatureCollector(job: job.scored)
        var set = try collector.collect(
            from: from, to: to, labelsKnownBy: known, preparation: preparation, progress: progress)
        guard !set.labels.isEmpty else { throw .feedWithoutRows(job.scored.main.files) }
        if shuffled {
            var order = Array(set.labels.indices)
            for index in order.indices.reversed() where index > 0 {
                order.swapAt(index, Int(RecordKey.mix(UInt64(index) ^ 0x5eed) % UInt64(index + 1)))
            }
            set.labels = order.map { set.labels[$0] }
            set.classes = set.classes?.rows(order)
        }
        if let kinds = set.classes, kinds.names.count >= 3, !kinds.labels.contains(-1) {
            return Pieces(set: set, labels: kinds.labels, names: kinds.names, knowsKinds: true)
        }
        return Pieces(set: set, labels: set.labels.map { $0 > 0 ? 1 : 0 }, names: ["sound", "defective"], knowsKinds: false)
    }

    private static func part(_ pieces: Pieces, _ rows: [Int]) -> Pieces {
        var part = pieces
        (part.set, part.labels) = (pieces.set.rows(rows), rows.map { pieces.labels[$0] })
        return part
    }

    private static func pieceOnly(_ matrix: FeatureMatrix, features: Int) -> FeatureMatrix {
        var masked = matrix
        for row in 0..<matrix.rowCount {
            for place in features..<matrix.featureCount { masked.values[row * matrix.featureCount + place] = .nan }
        }
        return masked
    }

    // MARK: Models

    private func trained(_ pieces: Pieces, rows: [Int], _ job: Job) throws(Failure) -> any Classifier {
        let family = try ModelFamilies.classifier(named: job.settings.family)
        return try family.train(
            on: pieces.set.rows(rows).training(job.featureNames), parameters: job.settings.parameters, seed: job.seed, threads: 1)
    }

    private func judge(
        _ pieces: Pieces, learning: [Int], tested: [Int], _ job: Job, into verdicts: inout Verdicts
    ) throws(Failure) {
        try add(trained(pieces, rows: learning, job), pieces, rows: tested, into: &verdicts)
    }

    private func add(_ model: any Classifier, _ pieces: Pieces, rows: [Int], into verdicts: inout Verdicts) throws(Failure) {
        let matrix = pieces.set.matrix.rows(rows)
        verdicts.rows += rows
        verdicts.scores += try model.probabilities(of: matrix)
        guard pieces.knowsKinds, let model = model as? DefectModel, !model.kinds.isEmpty else { return }
        let all = try model.kindProbabilities(of: matrix), places = model.kinds.map { pieces.names.firstIndex(of: $0) }
        for row in rows.indices {
            var own = [Float](repeating: 0, count: pieces.names.count)
            for (index, place) in places.enumerated() { if let place { own[place] = all[row * places.count + index] } }
            verdicts.kinds += own
        }
    }

    // MARK: Figures

    private func report(
        _ name: String, _ job: Job, _ pieces: Pieces, _ verdicts: Verdicts, facts: [(String, String)], _ inner: Bool, _ shuffled: Bool
    ) -> ProtocolReport {
        let labels = verdicts.rows.map { pieces.set.labels[$0] }
        var all: [(name: String, value: String)] = [("tested", "\(labels.count)"), ("defective", "\(labels.count { $0 == 1 })")]
        all += facts.map { ($0.0, $0.1) }
        // Folds leave out what depends on the pieces before.
        all.append(("features", "\(name == "folds" ? job.pieceFeatures : job.featureNames.count)"))
        if pieces.knowsKinds { all.append(("kinds", "\(pieces.names.count)")) }
        all += [("inner", "\(inner)"), ("shuffled", "\(shuffled)")]
        return ProtocolReport(job: job.scored.name, name: name, facts: all, figures: figures(pieces, verdicts, labels: labels))
    }

    private func figures(_ pieces: Pieces, _ verdicts: Verdicts, labels: [Float]) -> [ProtocolReport.Figure] {
        let ranked = RankedScores(scores: verdicts.scores, labels: labels)
        let kinds = verdicts.rows.map { pieces.labels[$0] }
        let named = verdicts.kinds.isEmpty ? nil : ClassFigures(probabilities: verdicts.kinds, labels: kinds, classes: pieces.names.count)
        // Pieces are drawn by themselves: `clusters` would number them in the order they already have.
        let bootstrap = ClusterBootstrap(identifiers: Array(labels.indices), resamples: max(resamples, 40), seed: 1)
        let intervals = bootstrap.intervals { weights in
            [
                ranked.averagePrecision(weights: weights),
                ClassFigures.f1(scores: verdicts.scores, labels: labels, threshold: 0.5, weights: weights),
                named?.accuracy(weights: weights), named?.balancedError(weights: weights), named?.averagePrecision(weights: weights),
            ]
        }
        let names = ["average_precision", "f1", "kind_accuracy", "kind_balanced_error", "kind_average_precision"]
        return zip(names, intervals).compactMap { ProtocolReport.Figure($0, $1) }
    }
}
