import Models
import Pipelines
import Records
import Testing

@Suite("Fraud reasons, rules and evidence")
struct FraudWordsTests {
    /// The handbook's.
    private let names = FraudStage.definition.features.prefix(15).map(\.name)

    /// A quiet row, with some features set.
    private func features(_ changes: [String: Float] = [:]) -> ArraySlice<Float> {
        var values: [String: Float] = [
            "amount": 20, "customer_count_1d": 1, "customer_mean_1d": 20, "customer_count_7d": 7, "customer_mean_7d": 20,
            "customer_count_30d": 30, "customer_mean_30d": 20, "terminal_count_1d": 1, "terminal_count_7d": 12, "terminal_count_30d": 40,
        ]
        for (name, value) in changes { values[name] = value }
        return ArraySlice(names.map { values[$0] ?? 0 })
    }

    private func contributions(_ values: [String: Float]) -> ArraySlice<Float> { ArraySlice(names.map { values[$0] ?? -1 } + [-4]) }

    @Test("every feature of the profile has words, missing or not, with the figures a person would look for")
    func profile() throws {
        var rows = TestRows()
        rows.isFull = true
        let stage = try rows.stage(), all = FraudStage.definition.features.map(\.name)
        func words(_ feature: String, _ values: [String: Float]) -> String {
            let row = all.map { values[$0] ?? .nan }
            return stage.reasons(features: row[...], contributions: ArraySlice(all.map { $0 == feature ? 1 : -1 } + [-4])).joined()
        }
        let known: [String: Float] = [
            "amount": 212, "quiet_mean": 50.4, "quiet_maximum": 90, "amount_to_quiet_mean": 4.206, "unexplained_since": 9,
            "unexplained_genuine": 1, "unexplained_first": 12.4, "fraud_run": 3, "genuine_last": 0.5, "high_count_14d": 2,
            "terminal_age": 1.5,
        ]
        #expect(words("amount_to_quiet_mean", known) == "amount 212.00 is 4.2 times this card's quiet mean of 50.40")
        #expect(words("unexplained_share", known) == "terminal: 8 of 9 known transactions fraud since 12 days ago")
        #expect(words("fraud_run", known) == "terminal: its newest 3 known transactions were fraud")
        #expect(words("genuine_last", known) == "terminal: last genuine one known 12 hours ago")
        #expect(words("terminal_age", known) == "terminal: first seen 1 day ago")
        #expect(words("terminal_age", ["terminal_age": 0]) == "terminal: its first transaction known")
        #expect(words("recent_score_14d", known) == "this card: 2 high amounts in 14 days")
        for feature in all.dropFirst(15) {
            for values in [known, ["amount": 1], Dictionary(uniqueKeysWithValues: all.map { ($0, Float(1)) })] as [[String: Float]] {
                let text = words(feature, values)
                #expect(!text.isEmpty && !text.contains("nan") && !text.contains("-9223"), "\(feature): \(text)")
            }
        }
    }

    @Test("reasons are the largest contributions, in words, at most four")
    func reasons() throws {
        let stage = try TestRows().stage()
        let row = features(["amount": 812.40, "customer_mean_30d": 89.27, "night": 1, "terminal_risk_7d": 0.25, "customer_count_1d": 6])
        let all = contributions([
            "amount": 2, "terminal_risk_7d": 3, "night": 0.5, "customer_count_1d": 1, "weekend": 0.1, "customer_mean_7d": 0,
        ])
        #expect(
            stage.reasons(features: row, contributions: all) == [
                "terminal: 3 of 12 transactions 7 to 14 days ago were fraud",
                "amount 812.40 is 9.1 times this card's 30-day mean",
                "this card: 6 transactions in 1 day",
                "at night (0 to 6 o'clock)",
            ])
    }

    @Test("every feature has words of its own, whatever its value")
    func everyFeature() throws {
        let stage = try TestRows().stage()
        func words(_ changes: [String: Float]) -> [String] {
            names.map { stage.reasons(features: features(changes), contributions: contributions([$0: 1])).joined() }
        }
        #expect(
            words(["terminal_risk_1d": 1, "terminal_risk_30d": 0.05, "weekend": 1]) == [
                "amount 20.00 is 1.0 times this card's 30-day mean", "on a weekend", "not at night", "this card: 1 transaction in 1 day",
                "this card: mean of 20.00 over 1 transaction in 1 day", "this card: 7 transactions in 7 days",
                "this card: mean of 20.00 over 7 transactions in 7 days", "this card: 30 transactions in 30 days",
                "this card: mean of 20.00 over 30 transactions in 30 days", "terminal: 1 transaction 7 to 8 days ago",
                "terminal: 1 of 1 transaction 7 to 8 days ago was fraud", "terminal: 12 transactions 7 to 14 days ago",
                "terminal: none of 12 transactions 7 to 14 days ago was fraud", "terminal: 40 transactions 7 to 37 days ago",
                "terminal: 2 of 40 transactions 7 to 37 days ago were fraud",
            ])
        let empty = words(["customer_count_30d": 1, "terminal_count_1d": 0])
        #expect(empty[0] == "amount 20.00, this card's only transaction in 30 days")
        #expect(
            [empty[1], empty[9], empty[10]] == [
                "not on a weekend", "terminal: no transactions 7 to 8 days ago", "terminal: no transactions 7 to 8 days ago",
            ])
        #expect(words(["amount": -30, "customer_mean_30d": 20])[0] == "amount -30.00 is -1.5 times this card's 30-day mean")
        #expect(words(["customer_mean_30d": -2])[0] == "amount 20.00, this card's 30-day mean is -2.00")
        #expect(Set(words([:])).count == 15)
    }

    @Test("windows are worded by the delay")
    func delays() throws {
        func words(_ delay: Timestamp.Span) throws -> String {
            var data = TestRows()
            data.delay = delay.microseconds
            return try data.stage().reasons(features: features(), contributions: contributions(["terminal_count_1d": 1])).joined()
        }
        #expect(try words(.zero) == "terminal: 1 transaction in the last day")
        #expect(try words(.hours(36)) == "terminal: 1 transaction 36 to 60 hours ago")
        #expect(try words(.minutes(90)) == "terminal: 1 transaction 90 to 1530 minutes ago")
    }

    @Test("the rules score what stands out, stay in 0...1 and give their own reasons")
    func rules() throws {
        let stage = try TestRows().stage()
        func score(_ changes: [String: Float]) -> Float {
            stage.ruleScores(of: FeatureMatrix(featureCount: 15, values: Array(features(changes))))[0]
        }
        #expect(score([:]) == 0)
        // 29 earlier transactions of 18.97 on average: 29/30 * (1 - 18.97/50)^2 would need the sum 30 * mean = 600.
        let amount = 29.0 / 30 * (1 - (600 - 50) / 29.0 / 50) * (1 - (600 - 50) / 29.0 / 50)
        #expect(abs(Double(score(["amount": 50])) - amount) < 1e-6)
        #expect(abs(Double(score(["customer_count_1d": 4])) - 0.5625) < 1e-6)
        #expect(abs(Double(score(["terminal_risk_7d": 0.25])) - 3.0 / 13) < 1e-6)
        #expect(abs(Double(score(["customer_count_1d": 4, "terminal_risk_7d": 0.25])) - (1 - 0.4375 * 10 / 13)) < 1e-6)
        for value in [-1e30, -5, 0, 1e30, .infinity, .nan] as [Float] {
            for name in names { #expect(score([name: value]) >= 0 && score([name: value]) <= 1, "\(name) \(value)") }
        }
        #expect(
            stage.reasons(features: features(["customer_count_1d": 4, "terminal_risk_7d": 0.25]), contributions: []) == [
                "this card: 4 transactions in 1 day", "terminal: 3 of 12 transactions 7 to 14 days ago were fraud",
            ])
        #expect(stage.reasons(features: features(), contributions: []) == [])
    }

    @Test("evidence shows the last ten of the card and of the terminal, newest first, with what was known then")
    func evidence() throws {
        var data = TestRows()
        data.isText = true
        data.labelDelay = TestRows.day
        func add(_ days: Double, _ customer: Int, _ terminal: Int, _ amount: Int64, _ label: Bool = false) {
            let time = TestRows.start + Int64(days * Double(TestRows.day))
            data.rows.append(
                TestRows.Row(customer: customer, terminal: terminal, time: time, amount: amount, key: UInt64(data.rows.count), label: label)
            )
        }
        for index in 0..<12 { add(Double(index) / 4, 1, index % 3, 100 + Int64(index), index == 8 || index == 4) }
        add(3, 2, 0, 555)
        add(3, 1, 0, 777, true)
        add(3, 1, 0, 999)
        let stage = try data.stage()
        _ = try stage.consume(data.input(0..<data.rows.count))
        let tables = stage.evidence(forRow: 13)
        #expect(tables.map(\.title) == ["last ten transactions of this card", "last ten transactions of this terminal"])
        #expect(tables.map(\.columns) == [["time", "amount", "terminal", "known as"], ["time", "amount", "card", "known as"]])
        #expect(tables[0].rows.count == 10)
        #expect(
            Array(tables[0].rows.prefix(4)) == [
                ["2018-05-04T00:00:00Z", "7.77 EUR", "0", ""], ["2018-05-03T18:00:00Z", "1.11 EUR", "nn2", ""],
                ["2018-05-03T12:00:00Z", "1.10 EUR", "n1", ""], ["2018-05-03T06:00:00Z", "1.09 EUR", "0", ""],
            ])
        #expect(tables[0].rows[4] == ["2018-05-03T00:00:00Z", "1.08 EUR", "nn2", "fraud"])
        #expect(tables[1].rows.map { $0[1] } == ["7.77 EUR", "5.55 EUR", "1.09 EUR", "1.06 EUR", "1.03 EUR", "1.00 EUR"])
        #expect(tables[1].rows[1] == ["2018-05-04T00:00:00Z", "5.55 EUR", "nn2", ""])
        #expect(stage.evidence(forRow: 15) == [] && stage.evidence(forRow: -1) == [])
    }

    @Test("parameters that do not fit the feed are refused with a remedy")
    func parameters() throws {
        let schema = Schema([
            Field("card", .string), Field("shop", .int64, optional: true), Field("paid", .money(euro)), Field("time", .timestamp),
        ])
        func text(_ changes: [String: ParameterValue]) -> String {
            var parameters: [String: ParameterValue] = ["customer": .text("card"), "terminal": .text("card"), "amount": .text("paid")]
            for (name, value) in changes { parameters[name] = value }
            do throws(Failure) {
                _ = try FraudStage(configuration: StageConfiguration(name: "fraud", parameters: parameters), schema: schema)
                return ""
            } catch { return error.description }
        }
        #expect(text([:]) == "")
        #expect(
            text(["customer": .integer(1)])
                == "the stage lacks a parameter (fraud.customer): nothing, expected a value. Add it to the stage; `pipeline describe fraud` lists all parameters."
        )
        #expect(
            text(["amount": .text("pajd")])
                == "the main feed has no such column (fraud.amount): `pajd`, expected the name of a column of the main feed. Did you mean `paid`?"
        )
        #expect(
            text(["amount": .text("time")])
                == "the column is of the wrong type (fraud.amount): `time` of type timestamp, expected money. Name another column, or change the column's type in the feed."
        )
        #expect(
            text(["terminal": .text("shop")])
                == "the stage needs a value in every row (fraud.terminal): the optional column `shop`, expected a column without missing values. Remove `optional` from the column: rows without a value then become rejects."
        )
        #expect(
            text(["delay": .span(.days(400))])
                == "the duration is out of range (fraud.delay): expected 0s to 366d. Write a shorter duration.")
        #expect(
            text(["zone": .text("Europe/Pariss")])
                == "this is not a time zone (fraud.zone): `Europe/Pariss`, expected an IANA name. Did you mean `Europe/Paris`?")
    }

    @Test("state of other parameters, cut bytes and deltas out of order are refused, and the stage stays as it was")
    func foreignState() throws {
        let data = TestRows.random(3), stage = try data.stage(), inputs = data.inputs(cutAt: [20, 40, 60])
        _ = stage.base()
        var deltas: [[UInt8]] = []
        for input in inputs {
            _ = try stage.consume(input)
            deltas.append(stage.delta())
        }
        let base = stage.base()
        func text(_ stage: FraudStage, _ base: [UInt8], _ deltas: [[UInt8]]) -> String {
            do throws(Failure) {
                try stage.restore(base: base, deltas: deltas)
                return ""
            } catch { return error.found }
        }
        var other = data
        other.delay += 1
        #expect(text(try other.stage(), base, []) == "state of another stage, version or parameters")
        #expect(text(stage, Array(base.dropLast()), []) == "bytes that were damaged or cut")
        #expect(text(stage, [], [deltas[1]]) == "a delta that does not follow the one before")
        #expect(stage.base() == base)
        #expect(text(stage, [], deltas) == "")
        #expect(stage.base() == base)
        #expect(stage.delta() == [])
    }
}
