import Connectors
import Foundation
import GRDB
import Pipelines
import Records
import Testing

@Suite struct ExplanationTests {
    private func filled() throws -> WarehouseFixture {
        let fixture = try WarehouseFixture()
        try fixture.addModel([1])
        let features = [Float(2.5), .nan].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
        try fixture.warehouse.write { (database) throws -> Void in
            var run = WarehouseFixture.newRun()
            (run.model, run.modelVersion, run.modelDigest) = ("card-fraud", 1, "m1")
            _ = try RunStore(database).create(run)
            try database.execute(
                sql: """
                    CREATE TABLE fraud_scores ("transaction" INTEGER NOT NULL, version INTEGER NOT NULL, run INTEGER NOT NULL,
                        event_time TEXT NOT NULL, score REAL, outcome TEXT NOT NULL, cause TEXT NOT NULL, late INTEGER NOT NULL,
                        record INTEGER NOT NULL, features BLOB, PRIMARY KEY ("transaction", version)) STRICT;
                    INSERT INTO pipeline_results (name, job, columns) VALUES ('fraud_scores', 'card-fraud', '[]');
                    INSERT INTO fraud_scores VALUES (41, 1, 1, '2026-02-27T00:00:00Z', NULL, 'clear', 'rule', 0, 9, NULL);
                    INSERT INTO fraud_scores VALUES (42, 1, 1, '2026-02-28T00:00:00Z', NULL, 'clear', 'rule', 1, 7, NULL)
                    """)
            try database.execute(
                sql: "INSERT INTO fraud_scores VALUES (42, 2, 2, '2026-02-28T00:00:00Z', 0.75, 'review', 'cost', 0, 8, ?)",
                arguments: [Data(features)])
            try LabelStore(database).insert([LabelFact(job: "card-fraud", key: "42", isPositive: true, known: .at(3), run: 2)])
        }
        try fixture.insert([fixture.item("42", version: 2, value: 12_345, run: 2)])
        let queue = ReviewQueue(fixture.warehouse)
        _ = try queue.claim(1, by: .ann, now: .at(0), lease: .hours(1))
        _ = try queue.decide(
            1, outcome: "hold", isPositive: false, reason: "looks known", by: .ann, now: .at(0) + .seconds(30), outcomes: ["hold"])
        return fixture
    }

    private func explain(_ fixture: WarehouseFixture, _ key: String, job: String = "card-fraud") throws -> Explanation {
        try fixture.warehouse.read { try Explanation(job: job, key: key, now: .at(5), in: $0) }
    }

    @Test("an explanation holds every version with its run and features, the item, its decisions, and the labels")
    func text() throws {
        let explanation = try explain(try filled(), "42")
        #expect(
            explanation.text == """
                card-fraud, key 42

                result, version 1 (late)
                  event time: 2026-02-28T00:00:00Z
                  outcome: clear
                  cause: rule
                  record: 7
                  run: 1 (running), clock 2026-03-01T00:00:00Z
                  model: none: the stage's own rules
                  input digest: i1
                  feature digest: 6a72bc2c4639b40305dee7d7fe0e0b3831766a5522498020270ef65ac5b4529b
                  job digest: j1
                  policy digest: p1

                result, version 2
                  event time: 2026-02-28T00:00:00Z
                  score: 0.75
                  outcome: review
                  cause: cost
                  record: 8
                  run: 2 (running), clock 2026-03-01T00:00:00Z
                  model: card-fraud 1, digest m1
                  input digest: i1
                  feature digest: a38f96138550ddd17794f930d0ac5f2d49fc8f6c712e8481d34fa614992c3054
                  job digest: j1
                  policy digest: p1
                  features
                    amount: 2.5
                    hour: -

                review item 1, version 2: decided
                  queue: fraud, for cost, due 2026-03-03T00:00:00Z
                  value at stake: 123.45 EUR
                  suggested: hold, in force: hold
                  row: time 2026, amount -, a b
                  reason: an amount 9 times the card's mean
                  reason: 日本 "quoted"

                  last ten transactions of this card
                    time | amount
                    t | 1.00
                    \("")
                  decision 1: hold by ann@desk-1 at 2026-03-01T00:00:30Z, negative, after 30.0 s: looks known

                labels
                  negative, known 2026-03-01T00:00:30Z, from decision 1
                  positive, known 2026-03-04T00:00:00Z, from run 2

                """)
    }

    @Test("as JSON it comes back as it was")
    func json() throws {
        let explanation = try explain(try filled(), "42")
        #expect(try JSONDecoder().decode(Explanation.self, from: JSONEncoder().encode(explanation)) == explanation)
    }

    @Test("an unknown key or job, and a key with too many parts, say what to do")
    func failures() throws {
        let fixture = try filled()
        #expect { try explain(fixture, "43") } throws: {
            "\($0)" == "nothing is stored about this key (card-fraud): expected the key of a row that a run has read. "
                + "Look for it in the result table; a row that could not be used is in `pipeline rejects list`."
        }
        #expect { try explain(fixture, "4\u{1F}2") } throws: {
            "\($0)" == "the key has another number of parts: 2, expected 1 (transaction). Give every part of the key, in this order."
        }
        #expect { try explain(fixture, "42", job: "card-frud") } throws: {
            "\($0)" == "this job has no results here: card-frud, expected card-fraud. Did you mean 'card-fraud'?"
        }
    }
}
