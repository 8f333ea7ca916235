import Connectors
import Foundation
public import Records

/// Simulates a fleet of machines that wear out and fail under six operating conditions: our own sample data for the stage `maintenance`,
/// free to use. Its mathematics stand at ``SimulatedMachine``.
///
/// A failed machine stands for a day, is repaired and begins a new life with its counter at 0; a quarter of the lives end in a planned
/// overhaul instead, which no label tells of. Some readings lack a sensor, some lines are broken.
public struct MaintenanceSimulation: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// 1...100,000.
        public var machines: Int
        /// 1...10,000.
        public var days: Int
        /// Hours between two readings of a machine: a divisor of 24.
        public var every: Int
        /// Hours of normal work that a life lasts in the middle, 24...1,000,000.
        public var life: Int
        public var seed: UInt64
        public var start: Timestamp
        public var brokenPerMillion: Int
        /// A day that is also written as MTConnectStreams documents, one a reading time.
        public var documentDay: Timestamp?
        /// Gzip level 1...9; nil = plain files.
        public var gzipLevel: Int?

        public init(
            machines: Int, days: Int, every: Int = 6, life: Int = 1_500, seed: UInt64,
            start: Timestamp = Timestamp(.init(year: 2025, month: 1, day: 1)), brokenPerMillion: Int = 200, documentDay: Timestamp? = nil,
            gzipLevel: Int? = 6
        ) {
            (self.machines, self.days, self.every, self.life, self.seed) = (machines, days, every, life, seed)
            (self.start, self.brokenPerMillion, self.documentDay, self.gzipLevel) = (start, brokenPerMillion, documentDay, gzipLevel)
        }
    }

    public struct Summary: Hashable, Sendable {
        public var files = 0
        public var rows: Int64 = 0
        public var failures: Int64 = 0
        public var overhauls: Int64 = 0
        public var brokenRows: Int64 = 0
        public var bytes: Int64 = 0

        public init() {}
    }

    public let configuration: Configuration
    private static let header: StaticString = "MACHINE,TIME,HOURS,SPEED,LOAD,TEMPERATURE,VIBRATION,PRESSURE,CURRENT,HUMIDITY\n"

    /// - Throws: a number out of its range.
    public init(_ configuration: Configuration) throws(Failure) {
        guard (1...100_000).contains(configuration.machines) else {
            throw .simulationRange("machines", configuration.machines, 1...100_000)
        }
        guard (1...10_000).contains(configuration.days) else { throw .simulationRange("days", configuration.days, 1...10_000) }
        guard (1...24).contains(configuration.every), 24 % configuration.every == 0 else {
            throw .simulationDivisor("every", configuration.every, of: 24)
        }
        guard (24...1_000_000).contains(configuration.life) else { throw .simulationRange("life", configuration.life, 24...1_000_000) }
        self.configuration = configuration
    }

    /// A machine, and the step until which it stands still.
    private struct Slot {
        var machine: SimulatedMachine
        var standsUntil = 0
        /// Step of the last reading.
        var read: Int?
    }

    /// Writes `readings/YYYY-MM.csv[.gz]` and `failures/YYYY-MM.csv[.gz]`, a file a month, below `folder`; and of the document day
    /// `mtconnect/YYYY-MM-DDTHH.xml`, a document a reading time, each of which repeats the observations of the one before.
    ///
    /// - Throws: a folder that holds such folders already, or that cannot be written.
    public func write(to folder: String) throws(Failure) -> Summary {
        for name in ["readings", "failures"] + (configuration.documentDay == nil ? [] : ["mtconnect"]) {
            if FileManager.default.fileExists(atPath: "\(folder)/\(name)") { throw .simulationFolderTaken("\(folder)/\(name)") }
            do {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            } catch {
                throw .simulationFolderUnwritable("\(folder)/\(name)")
            }
        }
        var summary = Summary(), day = 0
        var slots = (0..<configuration.machines).map {
            Slot(machine: SimulatedMachine($0, seed: configuration.seed, meanLife: configuration.life))
        }
        var documents = MachineDocuments(configuration, folder: folder)
        while day < configuration.days {
            let month = String(date(day).prefix(7))
            let readings = try writer("\(folder)/readings/\(month).csv"), failures = try writer("\(folder)/failures/\(month).csv")
            var files = MonthFiles(readings: readings, failures: failures)
            files.rows.append(Self.header)
            files.labels.append("MACHINE,TIME,FAILED,KNOWN\n")
            while day < configuration.days, date(day).hasPrefix(month) {
                for step in (day * 24 / configuration.every)..<((day + 1) * 24 / configuration.every) {
                    for index in slots.indices { try move(&slots[index], step: step, &files, &documents, &summary) }
                    try documents.finish(step, &summary)
                }
                day += 1
            }
            try files.finish()
            summary.files += 2
            summary.bytes += readings.fileBytes + failures.fileBytes
        }
        return summary
    }

    private func move(
        _ slot: inout Slot, step: Int, _ files: inout MonthFiles, _ documents: inout MachineDocuments, _ summary: inout Summary
    ) throws(Failure) {
        guard step >= slot.standsUntil else { return }
        let pause = step + 24 / configuration.every
        if slot.machine.isDueForOverhaul {
            slot.machine.renew()
            (slot.standsUntil, slot.read) = (pause, nil)
            summary.overhauls += 1
            return
        }
        guard let reading = slot.machine.work(hours: configuration.every, at: step) else {
            // The label stands on the last reading before the failure; a life that failed before its first reading has none.
            if let last = slot.read {
                files.label(slot.machine.number, at: time(last), known: time(step) + .days(1))
                summary.failures += 1
            }
            slot.machine.renew()
            (slot.standsUntil, slot.read) = (pause, nil)
            return
        }
        slot.read = step
        var dice = Dice(seed: configuration.seed, .reading, slot.machine.number, day: step)
        let isBroken = dice.chance(perMillion: configuration.brokenPerMillion)
        try files.write(reading, machine: slot.machine.number, at: time(step), missing: dice.below(1_000), isBroken: isBroken)
        documents.add(reading, machine: slot.machine.number, step: step)
        summary.rows += 1
        summary.brokenRows += isBroken ? 1 : 0
    }

    private func date(_ day: Int) -> String { Timestamp.isoDate(days: Int64(configuration.start.day + day)) }

    private func time(_ step: Int) -> Timestamp {
        Timestamp(seconds: Int64(configuration.start.day) * 86_400 + Int64(step * configuration.every) * 3_600)
    }

    private func writer(_ path: String) throws(Failure) -> GzipWriter {
        guard let level = configuration.gzipLevel else { return try GzipWriter(path: path, encoding: .plain) }
        return try GzipWriter(path: path + ".gz", encoding: .gzip(level: level))
    }
}

/// The files of one month while they are written.
private struct MonthFiles: ~Copyable {
    let readings: GzipWriter
    let failures: GzipWriter
    var rows = TextBuffer()
    var labels = TextBuffer()

    init(readings: GzipWriter, failures: GzipWriter) { (self.readings, self.failures) = (readings, failures) }

    mutating func label(_ machine: Int, at time: Timestamp, known: Timestamp) {
        labels.append("M")
        labels.append(machine, width: 4)
        labels.append(",")
        labels.append(Array(time.iso8601.utf8))
        labels.append(",true,")
        labels.append(Array(known.iso8601.utf8))
        labels.append("\n")
    }

    /// - Parameter missing: below 25, that sensor (of five) has no value: blank, or the text `NaN`.
    mutating func write(
        _ reading: SimulatedMachine.Reading, machine: Int, at time: Timestamp, missing: Int, isBroken: Bool
    ) throws(Failure) {
        rows.append("M")
        rows.append(machine, width: 4)
        rows.append(",")
        rows.append(Array(time.iso8601.utf8))
        rows.append(",")
        if isBroken { rows.append("n.a.") } else { rows.append(reading.hours) }
        for value in [reading.speed, reading.load] {
            rows.append(",")
            rows.append(decimals: value)
        }
        let sensors = [reading.temperature, reading.vibration, reading.pressure, reading.current, reading.humidity]
        for (sensor, value) in sensors.enumerated() {
            rows.append(",")
            if missing / 5 == sensor {
                if missing % 5 == 0 { rows.append("NaN") }
            } else {
                rows.append(decimals: value)
            }
        }
        rows.append("\n")
        try rows.flush(to: readings)
    }

    mutating func finish() throws(Failure) {
        try rows.flush(to: readings, atEnd: true)
        try labels.flush(to: failures, atEnd: true)
        try readings.finish()
        try failures.finish()
    }
}

extension TextBuffer {
    /// Three decimals, rounded to even steps of a thousandth.
    mutating func append(decimals value: Double) {
        let thousandths = Int((value * 1_000).rounded())
        if thousandths < 0 { append("-") }
        append(abs(thousandths) / 1_000)
        append(".")
        append(abs(thousandths) % 1_000, width: 3)
    }
}
