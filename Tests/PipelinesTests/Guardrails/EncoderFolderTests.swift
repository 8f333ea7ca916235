import Foundation
import Models
import Pipelines
import Records
import Testing

@Suite("the folder of a sentence encoder") struct EncoderFolderTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/encoder").path

    @Test("an encoder is read from its folder and named by it and the weights' digest")
    func reads() throws {
        let encoder = try SentenceEncoder(folder: Self.folder)
        #expect(encoder.dimensions == 16 && encoder.vector(of: "the card").count == 16)
        #expect(encoder.model.hasPrefix("encoder@") && encoder.model.count == 16)
    }

    @Test("a folder without the files says which is missing")
    func missing() {
        let told = #expect(throws: Failure.self) { try SentenceEncoder(folder: Self.folder + "/1_Pooling") }
        #expect(told?.code == "models.encoder" && told?.found == "no tokenizer.json" && told?.kind == .usage)
    }

    @Test("kept answers have those with the encoder beside the others, and none without")
    func answers() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "encoded-\(UUID()).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var text = "text,label\n"
        for row in 0..<40 { text += row % 2 == 0 ? "I lost my card \(row),card\n" : "the cafe is unknown \(row),cafe\n" }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let encoder = try SentenceEncoder(folder: Self.folder)
        let with = try TextAnswers(train: path, test: nil, text: "text", label: "label", encoder: encoder, threads: 1)
        let without = try TextAnswers(train: path, test: nil, text: "text", label: "label", threads: 1)
        #expect(with.encoded.count == 40 && without.encoded.isEmpty)
        #expect(zip(with.encoded, with.labels).count { $0.answer == $1 } > 36)
        #expect(with.all.map(\.confidence) == without.all.map(\.confidence))
        let asked = try TextAnswers(train: path, test: path, text: "text", label: "label", encoder: encoder, threads: 1)
        #expect(zip(asked.encoded, asked.labels).count { $0.answer == $1 } > 38)
    }
}
