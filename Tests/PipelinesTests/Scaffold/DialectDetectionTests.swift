import Connectors
import Foundation
import Pipelines
import Records
import Testing

@Suite struct DialectDetectionTests {
    /// What is written but must not be, or is not what was expected; empty where all is right.
    private static func faults(_ sample: DialectSample) -> [String] {
        let found = DetectedDialect(Array(sample.text.utf8), isWhole: true)
        var faults: [String] = []
        for name in sample.ambiguous.sorted() where !found.ambiguities.contains(where: { $0.hasPrefix(name + ":") }) {
            faults.append("\(name) is not said to be ambiguous")
        }
        if sample.ambiguous.contains("delimiter") { return faults }
        var settings: [String: String] = [:]
        for setting in found.settings {
            settings[setting.name] = setting.name == "delimiter" ? text(found.options["delimiter"]) : setting.value.filter { $0 != "\"" }
        }
        for name in Set(settings.keys).union(sample.expected.keys).subtracting(sample.ambiguous).sorted()
        where settings[name] != sample.expected[name] {
            faults.append("\(name): \(settings[name] ?? "none") instead of \(sample.expected[name] ?? "none")")
        }
        let extra = found.ambiguities.filter { text in !sample.ambiguous.contains { text.hasPrefix($0 + ":") } }
        if !extra.isEmpty { faults.append("said to be ambiguous: \(extra)") }
        return faults
    }

    private static func text(_ value: ParameterValue?) -> String {
        if case .text(let text)? = value { text } else { "none" }
    }

    @Test("what a person sees in a small messy file is detected, and what nobody can tell is said", arguments: DialectSample.all)
    func samples(_ sample: DialectSample) { #expect(Self.faults(sample) == []) }

    @Test("there are enough samples, and wrong answers are noticed")
    func negativeControl() {
        #expect(DialectSample.all.count >= 40)
        let wrong = DialectSample("", "a;b\n1;2\n", [:])
        #expect(Self.faults(wrong) == ["delimiter: ; instead of ,"])
    }

    @Test("a feed with the detected settings reads every row of the samples", arguments: DialectSample.all.filter { $0.ambiguous.isEmpty })
    func reads(_ sample: DialectSample) throws {
        let found = DetectedDialect(Array(sample.text.utf8), isWhole: true)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dialect-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("f.csv").path
        try Data(sample.text.utf8).write(to: URL(fileURLWithPath: path))
        let reader = try CSVFormat.reader(
            of: FeedFile(path: path, name: "f.csv"), columns: [], options: found.options, from: .start, blockRows: 1_000, bufferBytes: 1_000
        )
        let block = try #require(try reader.next())
        #expect(block.batch.count >= 1)
        #expect(block.rejects.count == (sample.name == "one short row" ? 1 : 0))
    }
}

@Suite struct DialectScaffoldTests {
    private func head(_ bytes: [UInt8]) throws -> FileHead {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("head-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try FileHead(path: path)
    }

    @Test("the encoding is guessed too, and one byte that is none of it does not matter")
    func encodings() throws {
        // 日本, ソ and ポ in CP932; a lead byte without a second.
        var bytes = Array("id,name,sum\n".utf8)
        for row in 1...60 { bytes += Array("\(row),".utf8) + [0x93, 0xFA, 0x96, 0x7B, 0x83, 0x5C, 0x83, 0x7C] + Array(",\(row).5\n".utf8) }
        let japanese = try head(bytes)
        #expect(japanese.encoding?.name == "cp932" && japanese.records.first == ["1", "日本ソポ", "1.5"])
        #expect(try head(bytes + Array("61,".utf8) + [0x81] + Array(",1.5\n".utf8)).records.count >= 60)
        let wide = "id;name\n1;é\n2;ü\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try head([0xFF, 0xFE] + wide).records == [["1", "é"], ["2", "ü"]])
        #expect(throws: Failure.self) { try head(Array("a,b\n1,\0\n".utf8)) }
    }

    @Test("names that come twice and names that are missing have sources of their own")
    func names() throws {
        let twice = try head(Array("id,sum,sum\n1,2.5,3.5\n2,3.5,4.5\n".utf8))
        #expect(twice.sources == ["id", "sum#1", "sum#2"] && twice.records == [["1", "2.5", "3.5"], ["2", "3.5", "4.5"]])
        let units = try head(Array("t;v\ns;kN\n1;2.5\n2;3.5\n3;4.5\n".utf8))
        #expect(units.sources == ["t", "v"] && units.records.count == 3)
    }
}

/// The dialects of the shared data, as its READMEs have them.
@Suite struct SharedDialectTests {
    private static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] { return path }
        var package = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { package.deleteLastPathComponent() }
        return package.deletingLastPathComponent().appendingPathComponent("shared/data").path
    }()

    private static var files: [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            let isTable = [".csv", ".csv.gz", ".txt.gz"].contains(where: name.hasSuffix)
            // One column, or 106 days of the same kind.
            return isTable && !name.contains("RUL_") && (!name.contains("transactions/") || name.contains("-01.csv"))
        }.sorted()
    }

    @Test(
        "every table of the shared data is read with the settings detected",
        .enabled(if: FileManager.default.fileExists(atPath: folder + "/maintenance"), "PIPELINE_SHARED_DATA has no maintenance"))
    func sharedData() throws {
        var faults: [String] = []
        for name in Self.files {
            let head = try FileHead(path: Self.folder + "/" + name)
            let isTurbofan = name.contains("cmapss"), isSanctions = name.contains("ofac")
            var wanted = ["delimiter": isTurbofan ? "blanks" : ",", "header": "\(!(isTurbofan || isSanctions))"]
            if name.contains("cross_script") { (wanted["comment"], wanted["header"]) = ("#", "false") }
            for setting in head.dialect.settings where setting.name != "decimal" {
                let value = setting.value.filter { $0 != "\"" }
                if wanted[setting.name] != value { faults.append("\(name): \(setting.name) \(value) (\(setting.evidence))") }
            }
            if head.records.isEmpty { faults.append("\(name): no record") }
        }
        #expect(faults == [], "\(faults.count) of \(Self.files.count) files")
        print("dialects of \(Self.files.count) files of the shared data: \(faults.count) faults")
    }
}
