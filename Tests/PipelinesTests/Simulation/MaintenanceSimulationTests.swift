import Foundation
import Pipelines
import Records
import Testing

@Suite struct MaintenanceSimulationTests {
    private func written(_ seed: UInt64, machines: Int = 12, days: Int = 200, documentDay: String? = nil) throws -> (
        folder: String, summary: MaintenanceSimulation.Summary
    ) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-\(UUID())").path
        let simulation = try MaintenanceSimulation(
            .init(
                machines: machines, days: days, seed: seed, documentDay: documentDay.flatMap { Timestamp(iso8601: $0) }, gzipLevel: nil))
        return (folder, try simulation.write(to: folder))
    }

    private func lines(_ folder: String, _ name: String) throws -> [[Substring]] {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)").sorted()
        return try files.flatMap { file in
            try String(contentsOfFile: "\(folder)/\(name)/\(file)", encoding: .utf8).split(separator: "\n").dropFirst()
                .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        }
    }

    @Test("the same seed gives the same bytes, another one other machines")
    func deterministic() throws {
        let (a, first) = try written(3), (b, second) = try written(3), (c, other) = try written(4)
        defer { for folder in [a, b, c] { try? FileManager.default.removeItem(atPath: folder) } }
        #expect(first == second)
        #expect(first != other)
        #expect(try lines(a, "readings") == lines(b, "readings"))
        #expect(first.failures > 10)
        #expect(first.overhauls > 2)
    }

    @Test("each failure is labelled at the machine's last reading before it, and the counter falls after it")
    func failures() throws {
        let (folder, summary) = try written(5)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var readings: [Substring: [(time: Substring, hours: Int)]] = [:]
        for row in try lines(folder, "readings") { if let hours = Int(row[2]) { readings[row[0], default: []].append((row[1], hours)) } }
        let labels = try lines(folder, "failures")
        #expect(labels.count == Int(summary.failures))
        for label in labels {
            let own = try #require(readings[label[0]])
            // A broken line may stand in the place of the labelled reading.
            guard let place = own.firstIndex(where: { $0.time == label[1] }), place + 1 < own.count else { continue }
            #expect(own[place + 1].hours < own[place].hours)
            #expect(label[3] > label[1])
        }
        let falls = readings.values.reduce(0) { sum, own in sum + zip(own, own.dropFirst()).count { $1.hours < $0.hours } }
        #expect(falls <= Int(summary.failures + summary.overhauls))
        #expect(falls > Int(summary.failures))
    }

    /// Of some readings, how far vibration is above and pressure below what the speed alone gives, in standard deviations of their noise.
    private func damage(_ rows: some Collection<[Substring]>) -> Double {
        var (sum, count) = (0.0, 0.0)
        for row in rows {
            guard let speed = Double(row[3]), let vibration = Double(row[6]), let pressure = Double(row[7]), (vibration + pressure).isFinite
            else {
                continue
            }
            let fast = speed / 1_000
            sum += max((vibration - 1 - 0.8 * fast * fast) / 0.18, (6 - 0.5 * fast - pressure) / 0.1)
            count += 1
        }
        return sum / max(count, 1)
    }

    @Test("damage shows: just before a failure vibration or pressure has moved far, in the first half of a life neither has")
    func wears() throws {
        let (folder, _) = try written(7, machines: 30)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let failed = Set(try lines(folder, "failures").map { [$0[0], $0[1]] })
        var lives: [Substring: [[Substring]]] = [:]
        var whole = 0
        for row in try lines(folder, "readings") {
            lives[row[0], default: []].append(row)
            guard failed.contains([row[0], row[1]]), let life = lives.removeValue(forKey: row[0]) else { continue }
            #expect(damage(life.suffix(4)) > 5, "\(row[0]) at \(row[1])")
            // Lives that began before the first day are not seen whole.
            guard let hours = Int(life[0][2]), hours < 24, life.count > 40 else { continue }
            #expect(damage(life.prefix(life.count / 2)) < 3, "\(row[0]) at \(row[1])")
            whole += 1
        }
        #expect(whole > 5)
    }

    @Test("MTConnect documents hold each observation once more in the next one, with the same sequence")
    func documents() throws {
        let (folder, summary) = try written(6, machines: 3, days: 40, documentDay: "2025-01-20")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(summary.files == 4 + 4)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/mtconnect").sorted()
        #expect(names == ["2025-01-20T00.xml", "2025-01-20T06.xml", "2025-01-20T12.xml", "2025-01-20T18.xml"])
        let counts = try names.map { name in
            try String(contentsOfFile: "\(folder)/mtconnect/\(name)", encoding: .utf8).components(separatedBy: "sequence=\"").dropFirst()
                .map { String($0.prefix { $0 != "\"" }) }
        }
        #expect(Set(counts[1]).intersection(counts[0]) == Set(counts[0]))
        #expect(Set(counts[2]).isDisjoint(with: counts[0]))
    }

    @Test("numbers out of their range are refused by name")
    func ranges() throws {
        for configuration in [
            MaintenanceSimulation.Configuration(machines: 0, days: 30, seed: 1), .init(machines: 1, days: 0, seed: 1),
            .init(machines: 1, days: 1, every: 5, seed: 1), .init(machines: 1, days: 1, life: 3, seed: 1),
        ] {
            #expect(throws: Failure.self) { try MaintenanceSimulation(configuration) }
        }
    }
}
