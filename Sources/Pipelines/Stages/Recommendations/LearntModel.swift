import Foundation
import Models
import Records

/// A model that the next run takes new days into instead of training, with the probabilities that were measured when it was trained.
struct LearntModel: Sendable, Hashable {
    /// The settings that it was trained by; others train anew.
    var settings: String
    var family: String
    var trainedAt: Int64
    /// Time of the run that took the newest rows into it.
    var asOf: Int64
    var artefact: [UInt8]
    /// JSON; empty = no probabilities.
    var calibration: [UInt8]

    /// Larger ones are not kept: they would be part of every run's stored state.
    static let mostBytes = 256 << 20

    /// - Returns: nil for a model of more than ``mostBytes``: the next run trains.
    /// - Throws: what the family says of the model.
    init?(
        _ model: any Recommender, family: String, calibration: OfferCalibration?, settings: RecommendationSettings, trainedAt: Int64,
        asOf: Int64
    ) throws(Failure) {
        (self.family, self.trainedAt, self.asOf) = (family, trainedAt, asOf)
        self.settings = settings.learning
        artefact = try model.serialized()
        guard artefact.count <= Self.mostBytes else { return nil }
        self.calibration = try calibration.map { calibration throws(Failure) in try calibration.encoded() } ?? []
    }

    /// Whether a run at this time, not before the newest rows in it, may go on from it.
    func isFresh(at now: Int64, for settings: RecommendationSettings) -> Bool {
        self.settings == settings.learning && now >= asOf && Double(now - trainedAt) < settings.retrain * 86_400_000_000
    }

    /// - Returns: nil where the family must train again.
    func updated(with log: InteractionLog, now: Int64, threads: Int) throws(Failure) -> (any Recommender)? {
        try ModelFamilies.recommender(named: family).load(artefact).updated(with: log, asOf: now + 1, threads: threads)
    }

    func write(to writer: inout ByteWriter) {
        writer.text(settings)
        writer.text(family)
        writer.signed(trainedAt)
        writer.signed(asOf)
        writer.blob(calibration)
        writer.blob(artefact)
    }

    init(from reader: inout ByteReader) {
        (settings, family) = (reader.string(), reader.string())
        (trainedAt, asOf) = (reader.signed(), reader.signed())
        calibration = Array(reader.text())
        artefact = Array(reader.text())
    }
}
