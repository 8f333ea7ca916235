import CZlib
import Foundation
import Pipelines
import Records
import Testing

@Suite("Fraud simulation")
struct FraudSimulationTests {
    private static let small = FraudSimulation.Configuration(
        customers: 300, terminals: 80, days: 12, seed: 5, brokenPerMillion: 2_000, gzipLevel: nil)

    @Test("the same seed writes the same bytes")
    func sameSeedSameBytes() throws {
        let first = try Simulated(Self.small), second = try Simulated(Self.small)
        #expect(first.files == second.files)
        #expect(first.summary == second.summary)
        #expect(first.files.count == 24)
    }

    @Test("another seed writes other transactions")
    func otherSeedOtherBytes() throws {
        var other = Self.small
        other.seed = 6
        let first = try Simulated(Self.small), second = try Simulated(other)
        #expect(first.files.keys.sorted() == second.files.keys.sorted())
        for name in first.files.keys where name.hasPrefix("transactions") { #expect(first.files[name] != second.files[name]) }
    }

    @Test("the first days of a longer simulation are the days of a shorter one")
    func prefixOfDays() throws {
        var short = Self.small
        short.days = 7
        let long = try Simulated(Self.small), prefix = try Simulated(short)
        #expect(prefix.files.count == 14)
        for (name, bytes) in prefix.files { #expect(long.files[name] == bytes, "\(name)") }
    }

    @Test("rows are in time order, numbered from 1, with ties in time, also of one customer")
    func timeOrder() throws {
        let rows = try Simulated(Self.small).rows
        #expect(rows.map(\.number) == Array(1...Int64(rows.count)))
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(zip(rows, rows.dropFirst()).contains { $0.time == $1.time })
        #expect(zip(rows, rows.dropFirst()).contains { $0.time == $1.time && $0.customer == $1.customer })
    }

    @Test("every chargeback speaks of an earlier, whole transaction and is filed on the day it became known")
    func chargebacks() throws {
        var configuration = Self.small
        configuration.days = 40
        let simulated = try Simulated(configuration)
        let rows = Dictionary(uniqueKeysWithValues: simulated.rows.map { ($0.number, $0) })
        var reported: Set<Int64> = []
        var corrections = 0
        for label in simulated.labels {
            let row = try #require(rows[label.number])
            #expect(row.time < label.known)
            #expect(!row.isBroken)
            #expect(label.known.iso8601.hasPrefix(label.day))
            #expect(label.known.day - row.time.day <= 21)
            if label.isFraud {
                #expect(reported.insert(label.number).inserted)
            } else {
                corrections += 1
                #expect(reported.contains(label.number))
            }
        }
        #expect(simulated.summary.chargebacks == Int64(simulated.labels.count))
        #expect(corrections > 0)
        let prompt = simulated.labels.filter { $0.isFraud && $0.known.day - (rows[$0.number]?.time.day ?? 0) <= 7 }.count
        #expect(Double(prompt) / Double(reported.count) > 0.7)
    }

    @Test("about 1 % of the transactions are fraud, and frauds cost more")
    func fraudShare() throws {
        let simulated = try Simulated(.init(customers: 2_000, terminals: 500, days: 40, seed: 3, gzipLevel: nil))
        let share = Double(simulated.summary.frauds) / Double(simulated.summary.rows)
        #expect((0.006...0.015).contains(share), "\(share)")
        let frauds = Set(simulated.labels.filter(\.isFraud).map(\.number))
        func mean(_ rows: [Simulated.Row]) -> Double { rows.reduce(0) { $0 + ($1.amount ?? 0) } / Double(rows.count) }
        let genuineMean = mean(simulated.rows.filter { !frauds.contains($0.number) })
        #expect(mean(simulated.rows.filter { frauds.contains($0.number) }) > 2 * genuineMean)
    }

    @Test("broken lines change nothing else: without them the other lines and all labels stay the same")
    func brokenLines() throws {
        var whole = Self.small
        whole.brokenPerMillion = 0
        let broken = try Simulated(Self.small), sound = try Simulated(whole)
        var different = 0
        for name in broken.files.keys.sorted() {
            let left = broken.lines(name), right = sound.lines(name)
            #expect(left.count == right.count)
            different += zip(left, right).filter { $0 != $1 }.count
        }
        #expect(different == Int(broken.summary.brokenRows))
        #expect(different > 0 && sound.summary.brokenRows == 0)
        #expect(broken.files.filter { $0.key.hasPrefix("chargebacks") } == sound.files.filter { $0.key.hasPrefix("chargebacks") })
    }

    @Test("gzipped files hold the plain files' bytes, and are the same bytes again")
    func gzipped() throws {
        var configuration = Self.small
        configuration.statementDay = Timestamp(.init(year: 2026, month: 1, day: 9))
        let plain = try Simulated(configuration)
        configuration.gzipLevel = 3
        let first = try Simulated(configuration), second = try Simulated(configuration)
        #expect(first.raw == second.raw)
        #expect(first.files == plain.files)
        #expect(first.raw.keys.allSatisfy { $0.hasSuffix(".gz") })
        #expect(first.summary.bytes == Int64(first.raw.values.reduce(0) { $0 + $1.count }))
        #expect(first.summary.plainBytes == plain.summary.bytes)
        #expect(first.summary.bytes * 2 < plain.summary.bytes)
    }

    @Test("one customer and one terminal are enough")
    func smallest() throws {
        let simulated = try Simulated(.init(customers: 1, terminals: 1, days: 5, seed: 1, gzipLevel: nil))
        #expect(simulated.files.count == 10)
        #expect(simulated.rows.allSatisfy { $0.customer == "C000000" })
    }

    @Test("the statement holds every transaction of its day and its balances add up")
    func statement() throws {
        var configuration = Self.small
        (configuration.statementDay, configuration.brokenPerMillion) = (Timestamp(.init(year: 2026, month: 1, day: 9)), 0)
        let simulated = try Simulated(configuration)
        let text = try #require(simulated.files["camt/2026-01-09.xml"].map { String(decoding: $0, as: UTF8.self) })
        let rows = simulated.rows.filter { $0.day == "2026-01-09" }
        let total = Int64((rows.reduce(0) { $0 + ($1.amount ?? 0) } * 100).rounded())
        let amounts = text.matches(of: /<Amt Ccy="EUR">([0-9]+)\.([0-9]{2})<\/Amt>/).compactMap { Int64("\($0.1)\($0.2)") }
        #expect(amounts.count == 2 + 2 * rows.count)
        #expect(amounts[0] - total == amounts[1])
        #expect(text.contains("<NbOfNtries>\(rows.count)</NbOfNtries>"))
        #expect(text.matches(of: /<TxId>([0-9]+)<\/TxId>/).compactMap { Int64($0.1) } == rows.map(\.number))
    }

    @Test("numbers out of range and a folder in use are refused, in words")
    func refusals() throws {
        #expect(throws: Failure.simulationRange("customers", 0, 1...10_000_000)) {
            try FraudSimulation(.init(customers: 0, terminals: 1, days: 1, seed: 1))
        }
        #expect(
            Failure.simulationRange("customers", 0, 1...10_000_000).description
                == "the number of customers is out of range: 0, expected 1 to 10000000. Nothing was written.")
        let outside = Timestamp(.init(year: 2027, month: 1, day: 1))
        #expect(throws: Failure.simulationStatementDay("2027-01-01", first: "2026-01-01", last: "2026-01-02")) {
            try FraudSimulation(.init(customers: 1, terminals: 1, days: 2, seed: 1, statementDay: outside))
        }
        try withFolder { folder in
            let simulation = try FraudSimulation(.init(customers: 1, terminals: 1, days: 1, seed: 1))
            _ = try simulation.write(to: folder)
            #expect(throws: Failure.simulationFolderTaken(folder + "/transactions")) { try simulation.write(to: folder) }
        }
    }

    @Test("the committed sample is what its documented command writes")
    func committedSample() throws {
        let simulated = try Simulated(
            .init(
                customers: 1_000, terminals: 400, days: 65, seed: 14, statementDay: Timestamp(.init(year: 2026, month: 3, day: 3)),
                gzipLevel: nil))
        let root = URL(filePath: #filePath).appending(path: "../../../../sample-data/fraud").standardized.path
        let committed = try Simulated(folder: root)
        #expect(committed.raw.values.reduce(0) { $0 + $1.count } < 2_000_000)
        #expect(committed.files.keys.sorted() == simulated.files.keys.sorted())
        for (name, bytes) in simulated.files { #expect(committed.files[name] == bytes, "\(name)") }
        let readme = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
        let summary = simulated.summary
        for count in [summary.rows, summary.frauds, summary.chargebacks, summary.brokenRows] { #expect(readme.contains("\(count)\n")) }
    }
}

/// A simulation read back, by means of its own.
private struct Simulated {
    struct Row {
        var number: Int64, time: Timestamp, day: String, customer: String, amount: Double?, isBroken: Bool
    }
    struct Label {
        var number: Int64, isFraud: Bool, known: Timestamp, day: String
    }

    var summary = FraudSimulation.Summary()
    /// Bytes as on disk, by name; and decompressed, by name without `.gz`.
    var raw: [String: Data] = [:]
    var files: [String: Data] = [:]

    init(_ configuration: FraudSimulation.Configuration) throws {
        self = try withFolder { folder in
            let summary = try FraudSimulation(configuration).write(to: folder)
            var simulated = try Simulated(folder: folder)
            simulated.summary = summary
            return simulated
        }
    }

    init(folder: String) throws {
        for kind in ["transactions", "chargebacks", "camt"] where FileManager.default.fileExists(atPath: "\(folder)/\(kind)") {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)") {
                let path = "\(folder)/\(kind)/\(name)"
                raw["\(kind)/\(name)"] = try Data(contentsOf: URL(filePath: path))
                files["\(kind)/" + (name.hasSuffix(".gz") ? String(name.dropLast(3)) : name)] = try Self.content(path)
            }
        }
    }

    /// zlib's own reader: takes plain files as they are.
    private static func content(_ path: String) throws -> Data {
        let file = try #require(gzopen(path, "rb"))
        defer { gzclose(file) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = gzread(file, &buffer, UInt32(buffer.count))
            try #require(count >= 0)
            if count == 0 { return data }
            data.append(contentsOf: buffer[0..<Int(count)])
        }
    }

    func lines(_ name: String) -> [Substring] {
        String(decoding: files[name] ?? Data(), as: UTF8.self).split(separator: "\n")
    }

    private func days(_ kind: String) -> [(day: String, lines: ArraySlice<Substring>)] {
        files.keys.filter { $0.hasPrefix(kind) }.sorted().map { name in
            (String(name.dropFirst(kind.count + 1).prefix(10)), lines(name).dropFirst())
        }
    }

    var rows: [Row] {
        days("transactions").flatMap { day, lines in
            lines.compactMap { line in
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                guard let number = Int64(fields[0]), let time = Timestamp(iso8601: fields[1]) else { return nil }
                let amount = fields.count == 5 ? Double(fields[4]) : nil
                let isBroken = amount == nil || fields[3].isEmpty || fields[3].contains("\"")
                return Row(number: number, time: time, day: day, customer: String(fields[2]), amount: amount, isBroken: isBroken)
            }
        }
    }

    var labels: [Label] {
        days("chargebacks").flatMap { day, lines in
            lines.compactMap { line in
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                guard let number = Int64(fields[0]), let known = Timestamp(iso8601: fields[2]) else { return nil }
                return Label(number: number, isFraud: fields[1] == "1", known: known, day: day)
            }
        }
    }
}

/// Runs `body` with a new folder that is removed afterwards.
private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "simulation-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}
