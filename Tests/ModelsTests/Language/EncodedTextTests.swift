import Models
import PipelineTesting
import Records
import Testing

/// Classifiers that look at an encoder's vectors beside words.
@Suite("texts with an encoder") struct EncodedTextTests {
    private func trained(_ set: TextSet, threads: Int = 1) throws -> (model: any TextClassifier, verdicts: [TextVerdict]) {
        let (model, verdicts, _) = try TextFamily.trainedWithVerdicts(
            on: set, encoder: try SentenceEncoderTests.encoder(), seed: 1, threads: threads)
        return (model, verdicts)
    }

    @Test("they learn, the same for any number of threads, and say of some texts what they say of all")
    func learns() throws {
        let set = TextClassifierContract.sample(texts: 120)
        let (model, verdicts) = try trained(set)
        let again = try trained(set, threads: 3)
        #expect(verdicts == again.verdicts && model.heldOut.accuracy > 0.9)
        let all = model.verdicts(on: set.texts)
        #expect(all == again.model.verdicts(on: set.texts))
        #expect(model.verdicts(on: Array(set.texts[40..<60])) == Array(all[40..<60]))
        #expect(zip(all, set.labels).count { $0.label == $1 } > 110)
    }

    @Test("the vectors count: without them the same texts have other probabilities")
    func counts() throws {
        let set = TextClassifierContract.sample(texts: 120)
        let without = try TextFamily.trainedWithVerdicts(on: set, seed: 1, threads: 1).model.probabilities(of: set.texts)
        #expect(try trained(set).model.probabilities(of: set.texts) != without)
    }

    @Test("saved and loaded with the encoder they say the same; without it, or with another, they are refused in words")
    func kept() throws {
        let set = TextClassifierContract.sample(texts: 60), encoder = try SentenceEncoderTests.encoder()
        let model = try trained(set).model, bytes = try model.serialized()
        #expect(TextFamily.encoderDigest(of: bytes) == encoder.digest)
        let loaded = try TextFamily.load(bytes, encoder: encoder, threads: 1)
        #expect(loaded.verdicts(on: set.texts) == model.verdicts(on: set.texts) && loaded.heldOut == model.heldOut)
        #expect(try loaded.serialized() == bytes)
        let other = try SentenceEncoderTests.encoder("config.json") { $0.replacing("1e-12", with: "1e-11") }
        #expect(other.digest != encoder.digest)
        for found in [nil, other] {
            let told = #expect(throws: Failure.self) { try TextFamily.load(bytes, encoder: found, threads: 1) }
            #expect(told?.code == "models.encoder-missing" && told?.found == found?.model ?? "none")
        }
        #expect(throws: Failure.self) { try TextFamily.load(bytes, threads: 1) }
        let plain = try TextFamily.train(on: set, parameters: [:], seed: 1, threads: 1)
        #expect(TextFamily.encoderDigest(of: try plain.serialized()) == nil)
        let again = try TextFamily.load(try plain.serialized(), encoder: encoder, threads: 1)
        #expect(again.verdicts(on: set.texts) == plain.verdicts(on: set.texts))
    }

    @Test("changed bytes are refused, at every place")
    func damaged() throws {
        let bytes = try trained(TextClassifierContract.sample(texts: 40)).model.serialized(), encoder = try SentenceEncoderTests.encoder()
        for place in stride(from: 0, to: bytes.count, by: max(bytes.count / 61, 1)) {
            var changed = bytes
            changed[place] ^= 4
            #expect(throws: Failure.self) { try TextFamily.load(changed, encoder: encoder, threads: 1) }
        }
    }
}
