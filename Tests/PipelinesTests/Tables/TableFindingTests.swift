import Foundation
import Pipelines
import Records
import Testing

/// What `check` says of feeds that go into tables.
@Suite struct TableFindingTests {
    private static let whole = """
        version: 1
        job: statement
        feeds:
          entries:
            role: table
            table: statement_entries
            format: csv
            files: entries.csv
            columns:
              reference: { type: string }
              amount:    { type: money, currency: EUR }
              rate:      { type: float64 }
              booked:    { type: timestamp, optional: true }
            key: reference
          fees:
            role: table
            table: fees
            format: csv
            files: fees.csv
            columns: { fee: { type: money, currency: CHF } }

        """

    private func expect(_ edits: (old: String, new: String)..., give golden: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        var text = Self.whole
        for (old, new) in edits {
            #expect(text.components(separatedBy: old).count == 2, "'\(old)' is not there exactly once", sourceLocation: sourceLocation)
            text = text.replacing(old, with: new)
        }
        PipelinesTests.expect(MarkedJob(text), golden, sourceLocation: sourceLocation)
    }

    @Test("a job of tables alone needs no stage, a table no key, and currencies may differ")
    func whole() throws {
        expect(give: [])
        let job = try JobSamples.load(Self.whole)
        #expect(job.scoring == nil)
        #expect(job.feeds.map(\.table) == ["statement_entries", "fees"])
        #expect(job.feeds.map(\.key) == [["reference"], []])
        #expect(job.modelName == nil)
        do throws(Failure) {
            _ = try job.scored()
            Issue.record("a job without a main feed was scored")
        } catch {
            #expect(
                error.description == """
                    the job decides nothing (job 'statement'): feeds with `role: table` only, expected a feed with `role: main` and a stage. \
                    Name a job that scores rows.
                    """)
        }
    }

    @Test("sections that decide rows are refused where there are none to decide")
    func refused() {
        expect(
            ("feeds:\n", "⟦1⟧stages: [fraud: {}]\n⟦2⟧review: { queue: q }\n⟦3⟧results: scores\nfeeds:\n"),
            give: [
                """
                ⟦1⟧ error: 'stages' does not belong here (stages): no feed has `role: main`, so there are no rows to decide. Remove it.
                """,
                """
                ⟦2⟧ error: 'review' does not belong here (review): no feed has `role: main`, so there are no rows to decide. Remove it.
                """,
                """
                ⟦3⟧ error: 'results' does not belong here (results): no feed has `role: main`, so there are no rows to decide. Remove it.
                """,
            ])
    }

    @Test("a table has a name of its own, and columns that are not the table's anyway")
    func names() {
        expect(
            ("    table: fees\n", "    table: ⟦1⟧statement_entries\n"),
            give: ["⟦1⟧ error: two feeds write the same table (feeds.fees.table): 'statement_entries'. Give each a table of its own."])
        expect(
            ("    table: fees\n", ""), ("  fees:\n", "  ⟦1⟧fees:\n"),
            give: [
                """
                ⟦1⟧ error: 'table' is missing (feeds.fees): expected a table's name. Add it, for example `table: statement_entries`.
                """
            ])
        expect(
            ("{ fee:", "{ ⟦1⟧row:"),
            give: [
                """
                ⟦1⟧ error: column 'row' is one that every table has by itself (feeds.fees.columns.row). Rename it, and keep where it comes \
                from with `from: row`.
                """
            ])
        expect(
            ("    table: fees\n", "    table: ⟦1⟧Fees\n"),
            give: [
                """
                ⟦1⟧ error: not a name for a result table (feeds.fees.table): 'Fees', which would need quotes in SQL, expected small \
                letters, digits and _, starting with a letter, at most 48. For example `fraud_scores`.
                """
            ])
    }

    @Test("a table's key always has a value and is no float64; its times are not known later or late")
    func keys() {
        expect(
            ("key: reference\n", "key: [⟦1⟧rate, ⟦2⟧booked]\n    ⟦3⟧lateness: 1d\n    ⟦4⟧known-time: booked\n"),
            give: [
                """
                ⟦1⟧ error: column 'rate' has the wrong type (feeds.entries.key[0]): float64, expected TYPES.
                """.replacing("TYPES", with: ColumnTypes.keys),
                """
                ⟦2⟧ error: column 'booked' is optional (feeds.entries.key[1]): expected a value in every row, as part of the key. Remove \
                `optional: true` from the column; rows without a value become rejects.
                """,
                """
                ⟦3⟧ error: 'lateness' does not belong here (feeds.entries.lateness): only rows of the main feed can be late. Remove it.
                """,
                """
                ⟦4⟧ error: 'known-time' does not belong here (feeds.entries.known-time): rows of main and table feeds are known when they \
                arrive. Remove it.
                """,
            ])
    }

    @Test("`table` is for tables, and beside a main feed the result table is another one")
    func beside() {
        PipelinesTests.expect(
            ("    role: labels\n", "    role: labels\n    ⟦1⟧table: chargebacks\n"),
            give: [
                """
                ⟦1⟧ error: 'table' does not belong here (feeds.chargebacks.table): only a feed with `role: table` has a table of its own. \
                Remove it.
                """
            ])
        PipelinesTests.expect(
            (
                "\nfeeds:\n",
                "\nfeeds:\n  raw:\n    role: table\n    table: fraud_scores\n    format: csv\n    files: raw.csv\n    columns: { x: { type: int64 } }\n"
            ),
            ("results: fraud_scores", "results: ⟦1⟧fraud_scores"),
            give: ["⟦1⟧ error: two feeds write the same table (results): 'fraud_scores'. Give each a table of its own."])
    }
}

private enum ColumnTypes {
    /// What may be part of a table's key, as `check` lists it.
    static let keys = ColumnType.names.filter { $0 != "float64" }.joined(separator: " or ")
}
