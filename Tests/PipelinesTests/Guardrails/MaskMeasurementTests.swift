import Foundation
import Models
import Pipelines
import Testing

@Suite("masking measured") struct MaskMeasurementTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let shared =
        (ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] ?? root + "/../shared/data") + "/guardrails"
    static var hasSharedData: Bool { FileManager.default.fileExists(atPath: shared + "/pii_japanese_dev.csv") }

    private func figures(_ path: String) throws -> [SensitiveKind: SpanScore.Figures] {
        let rows = try MaskMeasurement.rows(path, text: "text", spans: "spans", scanner: SensitiveScanner())
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.kind, $0.figures) })
    }

    @Test(
        "on the committed slices every kind is found without a false alarm",
        arguments: ["pii_synth_v2", "pii_generated_large", "pii_japanese"])
    func slices(_ name: String) throws {
        let figures = try figures("\(Self.root)/Tests/Fixtures/guardrails/\(name).csv")
        #expect(figures.count >= 3)
        for (kind, figure) in figures { #expect(figure.precision == 1 && figure.recall == 1, "\(kind)") }
    }

    @Test(
        "on the shared files every cell is at least that of Presidio, and above it where it is below .98",
        .enabled(if: hasSharedData, "needs shared/data/guardrails"),
        arguments: ["pii_synth_v2_even", "pii_generated_large_even", "pii_japanese_dev"])
    func sharedFiles(_ name: String) throws {
        let peers: [SensitiveKind: (precision: Double, recall: Double)] = [
            .email: (1, 1), .ip: (1, 1), .ssn: (0.978, 1), .iban: (1, 0.893), .card: (1, 0.772), .phone: (0.735, 0.61), .myNumber: (0, 0),
        ]
        let figures = try figures("\(Self.shared)/\(name).csv")
        for (kind, figure) in figures {
            let peer = try #require(peers[kind], "\(kind) is found but not marked")
            for (own, other) in [(figure.precision, peer.precision), (figure.recall, peer.recall)] {
                #expect(other < 0.98 ? own > other : own >= other, "\(kind): \(own) beside \(other)")
            }
        }
    }

    @Test("marks that do not fit the text are an error")
    func badMarks() {
        #expect(SpanScore.marks("EMAIL_ADDRESS:0:99", in: "a@b.de") == nil)
        #expect(SpanScore.marks("EMAIL_ADDRESS:0:6;PERSON:0:1", in: "a@b.de")?.map(\.range) == [0..<6])
    }
}
