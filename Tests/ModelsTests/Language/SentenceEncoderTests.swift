import Foundation
import Models
import Records
import Testing

/// An encoder of random weights with vectors that a second implementation computed; `make.py` beside them made both.
@Suite("sentence encoders") struct SentenceEncoderTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/encoder")

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

    /// - Parameter change: of a file's text, before the encoder is made.
    static func encoder(
        _ name: String = "", change: (String) -> String = { $0 }, weights: [UInt8]? = nil
    ) throws -> SentenceEncoder {
        func file(_ own: String) throws -> [UInt8] {
            let bytes = try bytes(own)
            return own == name ? Array(change(String(decoding: bytes, as: UTF8.self)).utf8) : bytes
        }
        return try SentenceEncoder(
            EncoderFiles(
                name: "tiny", configuration: try file("config.json"), tokenizer: try file("tokenizer.json"),
                weights: weights ?? bytes("model.safetensors"), pooling: try file("1_Pooling/config.json")))
    }

    private static func known() throws -> [(text: String, vector: [Double])] {
        let rows = JSONValue(parsing: String(decoding: try bytes("vectors.json"), as: UTF8.self))?.elements ?? []
        return rows.map { ($0["text"]?.string ?? "", ($0["vector"]?.elements ?? []).compactMap(\.real)) }
    }

    @Test("vectors are those of another implementation: accents, unknown words, Japanese, an empty text and one beyond the context")
    func agrees() throws {
        let (encoder, known) = (try Self.encoder(), try Self.known())
        #expect(known.count == 6 && encoder.dimensions == 16)
        for (text, vector) in known {
            let own = encoder.vector(of: text)
            #expect(vector.count == 16 && zip(own, vector).allSatisfy { abs(Double($0) - $1) < 2e-6 }, "\(text)")
        }
    }

    @Test("the first piece instead of the mean gives other vectors")
    func pooling() throws {
        let first = try Self.encoder("1_Pooling/config.json") {
            $0.replacing("\"pooling_mode_cls_token\": false", with: "\"pooling_mode_cls_token\": true").replacing(
                "\"pooling_mode_mean_tokens\": true", with: "\"pooling_mode_mean_tokens\": false")
        }
        #expect(first.vector(of: "the card") != (try Self.encoder()).vector(of: "the card"))
    }

    @Test("a text has the same vector alone and among others, in any order, of length 1")
    func contract() async throws {
        let encoder = try Self.encoder()
        let texts = ["the card", "", "I lost my cards!", "失くした"]
        let all = try await encoder.vectors(of: texts), back = try await encoder.vectors(of: texts.reversed())
        for (place, text) in texts.enumerated() {
            let own = encoder.vector(of: text)
            #expect(own == Array(all[place * 16..<place * 16 + 16]))
            #expect(own == Array(back[(3 - place) * 16..<(3 - place) * 16 + 16]))
            #expect(abs(own.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
    }

    @Test("the vectors of many texts, of all lengths, are those of each alone, on any number of threads")
    func together() throws {
        let encoder = try Self.encoder(), words = ["the", "lost", "card", "cafe", "unknown", "my", "cards!", "失くした", "i"]
        let texts = (0..<300).map { row in (0..<row % 19).map { words[($0 * 7 + row) % words.count] }.joined(separator: " ") }
        let alone = texts.map { encoder.vector(of: $0) }
        #expect(encoder.meanings(of: texts) == alone && encoder.meanings(of: texts.reversed()) == alone.reversed())
        #expect(encoder.meanings(of: texts.map { Array($0.utf8) }, threads: 3) == alone)
        #expect(Set(alone).count > 60)
    }

    @Test("files that were kept are the same encoder, and damaged ones are refused")
    func kept() throws {
        let files = EncoderFiles(
            name: "tiny", configuration: try Self.bytes("config.json"), tokenizer: try Self.bytes("tokenizer.json"),
            weights: try Self.bytes("model.safetensors"))
        let bytes = files.serialized()
        #expect(try EncoderFiles(name: "tiny", serialized: bytes) == files)
        #expect(try SentenceEncoder(files).digest == ModelVersion.digest(of: bytes))
        #expect(throws: Failure.self) { try EncoderFiles(name: "tiny", serialized: bytes.dropLast()) }
    }

    @Test("case, accents and control characters do not matter; another word does")
    func writing() throws {
        let encoder = try Self.encoder()
        #expect(encoder.vector(of: "THE\u{7} café") == encoder.vector(of: "the\u{a0}cafe"))
        #expect(encoder.vector(of: "the cafe") != encoder.vector(of: "the card"))
    }

    @Test(
        "files that are another model's or damaged are refused, each with what is wrong",
        arguments: [
            ("config.json", "\"bert\"", "\"gpt2\"", "gpt2"), ("config.json", "\"gelu\"", "\"relu\"", "relu"),
            ("config.json", "\"hidden_size\": 16", "\"hidden_size\": 18", "18"),
            ("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "5 heads"),
            ("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2"),
            ("tokenizer.json", "\"lowercase\": true", "\"lowercase\": false", "keeps case"),
            ("tokenizer.json", "\"[SEP]\"", "\"[END]\"", "mark"), ("tokenizer.json", "\"##\"", "\"@@\"", "word pieces"),
            ("1_Pooling/config.json", "true", "false", "pooling"),
        ])
    func refused(file: String, from: String, to: String, told: String) throws {
        #expect {
            _ = try Self.encoder(file, change: { $0.replacing(from, with: to) })
        } throws: { error in
            guard let failure = error as? Failure else { return false }
            return failure.code == "models.encoder" && "\(failure)".contains(told)
        }
    }

    @Test("weights that are cut, or not finite, are refused")
    func damaged() throws {
        let whole = try Self.bytes("model.safetensors")
        for count in [0, 7, 8, 200, whole.count - 1] {
            #expect(throws: Failure.self) { try Self.encoder(weights: Array(whole.prefix(count))) }
        }
        var broken = whole
        broken.replaceSubrange(broken.count - 4..<broken.count, with: [0, 0, 0x80, 0x7F])
        #expect(throws: Failure.self) { try Self.encoder(weights: broken) }
        #expect(throws: Never.self) { try Self.encoder(weights: whole) }
    }
}
