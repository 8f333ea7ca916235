import Connectors
import GRDB
import Pipelines
import Records
import Testing

/// Outcomes that only people choose.
@Suite struct PeopleOutcomeTests {
    /// Outcomes and suggestions of a run whose policy has an outcome that costs nothing.
    static func outcomes(_ release: String) throws -> (taken: Set<String>, suggested: Set<String>, choices: [String]) {
        let feed = try SmallFeed { $0.replacing("  outcomes:\n", with: "  outcomes:\n    release: \(release)\n") }
        try feed.put("a.csv", SmallFeed.rows(1...200))
        let warehouse = try feed.warehouse()
        _ = try feed.run(warehouse)
        let choices = try ReviewChoices(job: feed.job()).outcomes
        return try warehouse.read { database in
            (
                try Set(String.fetchAll(database, sql: "SELECT DISTINCT outcome FROM bank_scores")),
                try Set(String.fetchAll(database, sql: "SELECT DISTINCT suggested FROM pipeline_review_items WHERE kind = 'row'")), choices
            )
        }
    }

    @Test("an outcome by people is never taken or suggested, however cheap, and a person may choose it; without the word it is taken")
    func people() throws {
        let people = try Self.outcomes("{ cost: 0 EUR, by: people }"), anyone = try Self.outcomes("{ cost: 0 EUR }")
        #expect(!people.taken.contains("release") && !people.suggested.contains("release") && !people.suggested.isEmpty)
        #expect(people.choices == ["release", "clear", "hold"])
        #expect(anyone.taken.contains("release") && anyone.suggested == ["release"])
    }

    @Test("a policy that leaves nothing to choose but what people choose is refused, and so is another word")
    func refused() throws {
        let few = try SmallFeed { $0.replacing("hold:   { cost", with: "hold:   { by: people, cost") }
        #expect(throws: JobProblems.self) { _ = try few.job() }
        let word = try SmallFeed { $0.replacing("  outcomes:\n", with: "  outcomes:\n    release: { cost: 0 EUR, by: machines }\n") }
        #expect(throws: JobProblems.self) { _ = try word.job() }
    }
}
