import Models
import PipelineTesting
import Records
import Testing

/// Classifiers that look at an encoder's vectors beside words.
@Suite("texts with an encoder") struct EncodedTextTests {
    private func trained(_ set: TextSet, threads: Int = 1) throws -> (model: any TextClassifier, verdicts: [TextVerdict]) {
        try TextFamily.trainedWithVerdicts(on: set, encoder: try SentenceEncoderTests.encoder(), seed: 1, threads: threads)
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

    @Test("they are not kept, and say why; one without an encoder is")
    func kept() throws {
        let set = TextClassifierContract.sample(texts: 60)
        let told = #expect(throws: Failure.self) { try trained(set).model.serialized() }
        #expect(told?.code == "models.encoder-kept" && told?.found == "tiny")
        #expect(throws: Never.self) { try TextFamily.train(on: set, parameters: [:], seed: 1, threads: 1).serialized() }
    }
}
