import Connectors
import Records

/// One day of the simulated fleet as MTConnectStreams documents, as an agent answers a client that asks for `sample` again and again: each
/// document holds the observations of its reading time and again those of the one before, with their sequence numbers.
///
/// Source of the form: MTConnect Standard, Part 1 and Part 3, version 1.5 (MTConnectStreams).
struct MachineDocuments {
    private let configuration: MaintenanceSimulation.Configuration
    private let folder: String
    private var current: [String] = []
    private var previous: [String] = []
    private var sequence = 1

    init(_ configuration: MaintenanceSimulation.Configuration, folder: String) {
        (self.configuration, self.folder) = (configuration, folder)
    }

    private func isWanted(_ step: Int) -> Bool {
        configuration.documentDay.map { configuration.start.day + step * configuration.every / 24 == $0.day } ?? false
    }

    private func time(_ step: Int) -> String {
        Timestamp(seconds: Int64(configuration.start.day) * 86_400 + Int64(step * configuration.every) * 3_600).iso8601
    }

    mutating func add(_ reading: SimulatedMachine.Reading, machine: Int, step: Int) {
        guard isWanted(step) else { return }
        let number = String(machine), time = time(step)
        // As in the files: four digits or more.
        let name = "M" + String(repeating: "0", count: max(0, 4 - number.count)) + number
        var text = "<DeviceStream name=\"\(name)\" uuid=\"\(name)\">"
        let samples: [(kind: String, item: String, value: Double)] = [
            ("AccumulatedTime", "hours", Double(reading.hours)), ("RotaryVelocity", "speed", reading.speed), ("Load", "load", reading.load),
            ("Temperature", "temperature", reading.temperature), ("Displacement", "vibration", reading.vibration),
            ("Pressure", "pressure", reading.pressure), ("Amperage", "current", reading.current),
        ]
        text += "<ComponentStream component=\"Rotary\" componentId=\"\(name)-c\" name=\"C\"><Samples>"
        for sample in samples {
            text += "<\(sample.kind) dataItemId=\"\(name)-\(sample.item)\" name=\"\(sample.item)\" sequence=\"\(sequence)\" "
            text += "timestamp=\"\(time)\">\(Self.decimals(sample.value))</\(sample.kind)>"
            sequence += 1
        }
        // A sensor that this kind of machine has but does not report.
        text += "<Humidity dataItemId=\"\(name)-humidity\" name=\"humidity\" sequence=\"\(sequence)\" timestamp=\"\(time)\">"
        text += "UNAVAILABLE</Humidity></Samples></ComponentStream></DeviceStream>"
        sequence += 1
        current.append(text)
    }

    mutating func finish(_ step: Int, _ summary: inout MaintenanceSimulation.Summary) throws(Failure) {
        guard isWanted(step) else { return }
        let writer = try GzipWriter(path: "\(folder)/mtconnect/\(time(step).prefix(13)).xml", encoding: .plain)
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MTConnectStreams xmlns=\"urn:mtconnect.org:MTConnectStreams:1.5\">"
        text += "<Header creationTime=\"\(time(step))\" sender=\"simulated\" instanceId=\"1\" version=\"1.5.0\" bufferSize=\"131072\" "
        text += "firstSequence=\"1\" lastSequence=\"\(sequence - 1)\" nextSequence=\"\(sequence)\"/><Streams>\n"
        var buffer = TextBuffer()
        buffer.append(Array(text.utf8))
        for stream in previous + current {
            buffer.append(Array(stream.utf8))
            buffer.append("\n")
            try buffer.flush(to: writer)
        }
        buffer.append("</Streams></MTConnectStreams>\n")
        try buffer.flush(to: writer, atEnd: true)
        try writer.finish()
        (previous, current) = (current, [])
        summary.files += 1
        summary.bytes += writer.fileBytes
    }

    private static func decimals(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        let fraction = String(abs(thousandths) % 1_000)
        return "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
