public import Records

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The calibration that does best on rows it was not fitted to, and what the others would have cost.
public struct CalibrationChoice: Hashable, Sendable, Codable {
    public struct Candidate: Hashable, Sendable, Codable {
        public var kind: Calibrator.Kind
        /// Mean over all rows, in nats, each row scored by a map fitted without its fold.
        public var logLoss: Double
    }

    /// Fitted to all rows.
    public var calibrator: Calibrator
    /// In the order of `Kind.allCases`.
    public var candidates: [Candidate]
    public var folds: Int
    public var rows: Int
    public var positives: Int

    /// Tries each kind by cross-fitting: the rows in order of time are cut into `folds` pieces of about as many positives each, and each
    /// piece is scored by a map fitted to the others. The least log loss wins, of equal ones the simpler kind.
    ///
    /// Pieces are stretches of time and not random rows, so that rows of one burst of fraud do not stand on both sides.
    ///
    /// - Parameters:
    ///   - scores, labels: in order of time.
    ///   - folds: at least 2; fewer are used where there are fewer positives.
    /// - Throws: as ``Calibrator/fit(_:scores:labels:weights:)``; with fewer than 2 positives there is nothing to compare, and the choice is
    ///   identity.
    public static func best(
        of kinds: [Calibrator.Kind] = Calibrator.Kind.allCases, scores: [Float], labels: [Float], folds: Int = 5
    ) throws(Failure) -> CalibrationChoice {
        _ = try CalibrationRows(scores: scores, labels: labels, weights: [])
        let positives = labels.count { $0 == 1 }
        let pieces = cut(labels, positives: positives, folds: max(min(folds, positives), 1))
        guard pieces.count >= 2 else {
            return CalibrationChoice(calibrator: .identity, candidates: [], folds: 0, rows: scores.count, positives: positives)
        }
        var best: Candidate?
        var candidates: [Candidate] = []
        for kind in Calibrator.Kind.allCases where kinds.contains(kind) {
            var crossFitted: [Float] = []
            crossFitted.reserveCapacity(scores.count)
            for piece in pieces {
                let rest = [0..<piece.lowerBound, piece.upperBound..<scores.count]
                let map = try Calibrator.fit(kind, scores: rest.flatMap { scores[$0] }, labels: rest.flatMap { labels[$0] })
                var held = Array(scores[piece])
                map.apply(to: &held)
                crossFitted += held
            }
            let candidate = Candidate(kind: kind, logLoss: Metrics.logLoss(probabilities: crossFitted, labels: labels) ?? .infinity)
            candidates.append(candidate)
            if best.map({ candidate.logLoss < $0.logLoss }) ?? true { best = candidate }
        }
        let calibrator = try Calibrator.fit(best?.kind ?? .identity, scores: scores, labels: labels)
        return CalibrationChoice(
            calibrator: calibrator, candidates: candidates, folds: pieces.count, rows: scores.count, positives: positives)
    }

    /// Stretches with about as many positives each; each leaves negatives outside it.
    private static func cut(_ labels: [Float], positives: Int, folds: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var (start, seen) = (0, 0)
        for row in labels.indices where labels[row] == 1 {
            seen += 1
            guard pieces.count + 1 < folds, seen * folds >= (pieces.count + 1) * positives else { continue }
            pieces.append(start..<(row + 1))
            start = row + 1
        }
        if start < labels.count { pieces.append(start..<labels.count) }
        let negatives = labels.count - positives
        let isUsable = pieces.allSatisfy { piece in
            let inside = labels[piece].count { $0 == 1 }
            return inside < positives && piece.count - inside < negatives
        }
        return isUsable ? pieces : []
    }
}
