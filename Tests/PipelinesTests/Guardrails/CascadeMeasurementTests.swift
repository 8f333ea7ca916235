import Foundation
import Models
import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("A cascade measured on kept answers") struct CascadeMeasurementTests {
    /// Rows of a file: a small model right in 80 %, a helper right in 95 % that answers nothing in one row of fifty.
    private static func file(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "cascade-\(UUID()).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var random = SeededGenerator(seed: 41)
        var text = "truth,small,doubt,helper,seconds\n"
        for row in 0..<4_000 {
            let doubt = Double(Int.random(in: 0..<1_000, using: &random)) / 1_000
            let small = Double(Int.random(in: 0..<1_000, using: &random)) / 1_000 < 0.4 * doubt ? "other" : "a\(row % 7)"
            let helper = row % 50 == 0 ? "" : Int.random(in: 0..<100, using: &random) < 5 ? "other \(row)" : "a\(row % 7)"
            text += "a\(row % 7),\(small),\(doubt),\(helper),\(row % 10)\n"
        }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try body(path)
    }

    private static func settings(_ change: (inout CascadeMeasurement.Settings) -> Void = { _ in }) -> CascadeMeasurement.Settings {
        var settings = CascadeMeasurement.Settings(
            truth: "truth",
            steps: [
                .init(name: "small", answer: "small", doubt: "doubt", cost: 0),
                .init(name: "helper", answer: "helper", doubt: nil, cost: 0.1, seconds: "seconds"),
            ], personCost: 4, alpha: 0.05)
        change(&settings)
        return settings
    }

    @Test("finds a helper worth its cost, keeps the promise in 95 % of 200 halves, and decides nothing with doubts dealt out anew")
    func measured() throws {
        try Self.file { path in
            let measured = try CascadeMeasurement(path, Self.settings())
            #expect(measured.choice.steps == [0, 1] && measured.choice.compared == 3)
            #expect(measured.choice.thresholds.upperLimit <= 0.05 && measured.choice.cost < 2)
            #expect(measured.resamplesKept >= 190, "\(measured.resamplesKept)")
            let alone = try CascadeMeasurement(path, Self.settings { $0.steps.removeLast() })
            #expect(alone.choice.thresholds.automationRate < measured.choice.thresholds.automationRate)
            let shuffled = try CascadeMeasurement(path, Self.settings { ($0.isShuffled, $0.steps) = (true, [$0.steps[0]]) })
            #expect(shuffled.choice.steps == [] && shuffled.choice.cost == 4)
        }
    }

    @Test("answers that come too late are none")
    func patience() throws {
        try Self.file { path in
            let patient = try CascadeMeasurement(path, Self.settings { $0.patience = 20 })
            let hurried = try CascadeMeasurement(path, Self.settings { $0.patience = 2 })
            #expect(hurried.choice.thresholds.automationRate < patient.choice.thresholds.automationRate)
            #expect(hurried.escalations.last?.accuracy ?? 1 < 0.35)
        }
    }

    @Test("a column that is not there, and a doubt that is no number, are refused in words")
    func refused() throws {
        try Self.file { path in
            #expect(throws: Failure.self) { try CascadeMeasurement(path, Self.settings { $0.truth = "intent" }) }
            #expect(throws: Failure.self) { try CascadeMeasurement(path, Self.settings { $0.steps[0].doubt = "small" }) }
            #expect(throws: Failure.self) { try CascadeMeasurement(path, Self.settings { $0.steps[0].doubt = nil }) }
        }
    }
}
