import PipelineTesting
import Pipelines
import Records
import Testing

@Suite("Stage contract", .serialized)
struct StageContractTests {
    /// Rows and all label events in order of known time.
    private func stream(_ seed: UInt64, _ data: TestRows) -> StageInput {
        var stream = data.input(0..<data.rows.count)
        stream.events = data.given.map(\.event).sorted { $0.known < $1.known }
        return stream
    }

    @Test("the fraud stage keeps every promise of a stage", arguments: [false, true])
    func fraud(isFull: Bool) throws {
        let configuration = StageConfiguration(name: "fraud", parameters: ["features": .text(isFull ? "full" : "handbook")])
        let names = FraudStage.definition(for: configuration).features.map(\.name)
        for seed in 0..<60 as Range<UInt64> {
            var data = TestRows.random(seed, count: 50)
            data.isFull = isFull
            let rows = data
            let contract = StageContract(stream: stream(seed, rows), seed: seed, trials: 6, featureNames: names) {
                () throws(Failure) in try rows.stage()
            }
            #expect(try contract.check() == [], "seed \(seed)")
        }
    }

    /// A seed whose rows name their parties by number and have labels of both kinds; rows in time order, as the toy has no late rows.
    private var toyStream: StageInput {
        var data = TestRows.random(81, count: 60)
        data.rows.sort { $0.time < $1.time }
        return stream(81, data)
    }

    @Test("a sound stage passes the contract")
    func sound() throws {
        #expect(try StageContract(stream: toyStream) { () throws(Failure) in ToyStage(bug: nil) }.check() == [])
    }

    @Test(
        "a planted bug breaks the promise it should",
        arguments: [
            (ToyStage.Bug.peeksAtLabel, StageContract.Finding.Promise.noLookAhead), (.peeksAtNextRow, .noLookAhead),
            (.learnsTooEarly, .noLookAhead), (.forgetsColumn, .restore), (.countsBatches, .cuts), (.changesWithTime, .sameTwice),
            (.believesAnything, .damage), (.losesRow, .shape),
        ])
    func planted(bug: ToyStage.Bug, promise: StageContract.Finding.Promise) throws {
        #expect(!toyStream.events.isEmpty && !toyStream.labels.isEmpty)
        let findings = try StageContract(stream: toyStream) { () throws(Failure) in ToyStage(bug: bug) }.check()
        #expect(findings.map(\.promise).contains(promise), "\(findings)")
    }
}
