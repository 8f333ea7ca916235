import Records

extension TextModel {
    /// What the bytes of a model that rests on an encoder begin with; the encoder's digest follows.
    private static let encodedFamily = "text-encoded"

    /// Of the encoder that a model rests on; nil = on none.
    static func encoderDigest(of bytes: [UInt8]) -> String? {
        guard var reader = try? ModelBytesReader(bytes, family: encodedFamily) else { return nil }
        return try? reader.text()
    }

    func written() -> [UInt8] {
        var writer = ModelBytesWriter(family: encoder == nil ? family : Self.encodedFamily)
        if let encoder { writer.text(encoder.digest) }
        writer.texts(classes)
        let vocabulary = ensemble.vocabulary
        writer.integer(vocabulary.views.count)
        for view in vocabulary.views {
            for value in [view.kind.rawValue, view.least, view.most, view.minimumTexts] { writer.integer(value) }
            writer.number(view.weight)
        }
        writer.array(vocabulary.grams)
        writer.array(vocabulary.rarity)
        writer.integer(ensemble.members.count)
        for member in ensemble.members {
            writer.array(member.views)
            writer.array(member.weights)
            writer.array(member.scales)
            writer.array(member.intercepts)
        }
        writer.array(sharpness)
        for values in [confidence.slopes, confidence.means, confidence.deviations] { writer.array(values) }
        writer.array(heldOut.confidences)
        writer.array(heldOut.isRight.map { UInt8($0 ? 1 : 0) })
        return writer.sealed()
    }

    /// - Parameter encoder: what a model that rests on one needs.
    /// - Throws: bytes that are not as they were written, or of another family; another encoder than the model rests on.
    init(_ bytes: [UInt8], encoder: SentenceEncoder? = nil) throws(Failure) {
        let family = TextFamily.definition.name, digest = Self.encoderDigest(of: bytes)
        if let digest, digest != encoder?.digest { throw .encoderMissing(digest, found: encoder?.model) }
        var reader = try ModelBytesReader(bytes, family: digest == nil ? family : Self.encodedFamily)
        if digest != nil { _ = try reader.text() }
        func damaged() -> Failure { .modelBytes(family: family, reason: "parts that do not fit together") }
        let classes = try reader.texts()
        var views: [TextView] = []
        for _ in 0..<(try reader.integer()) {
            guard let kind = TextView.Kind(rawValue: try reader.integer()) else { throw damaged() }
            let (least, most, minimum) = (try reader.integer(), try reader.integer(), try reader.integer())
            guard least >= 1, most >= least, kind != .meaning || digest != nil && most == encoder?.dimensions else { throw damaged() }
            views.append(TextView(kind, least...most, weight: try reader.number(), minimumTexts: minimum))
        }
        let vocabulary = TextVocabulary(views: views, grams: try reader.array(of: UInt64.self), rarity: try reader.array(of: Float.self))
        let stride = TextEnsemble.stride(classes.count)
        var members: [TextEnsemble.Member] = []
        for _ in 0..<(try reader.integer()) {
            let member = TextEnsemble.Member(
                views: try reader.array(of: Int.self), weights: try reader.array(of: Int8.self), scales: try reader.array(of: Float.self),
                intercepts: try reader.array(of: Float.self))
            guard member.weights.count == vocabulary.count * stride, member.scales.count == vocabulary.count,
                member.intercepts.count == stride, member.views.allSatisfy({ views.indices.contains($0) })
            else { throw damaged() }
            members.append(member)
        }
        let sharpness = try reader.array(of: Float.self)
        let confidence = Confidence(
            slopes: try reader.array(of: Double.self), means: try reader.array(of: Double.self),
            deviations: try reader.array(of: Double.self))
        let confidences = try reader.array(of: Float.self), isRight = try reader.array(of: UInt8.self)
        guard classes.count >= 2, !members.isEmpty, (views.last?.kind == .meaning) == (digest != nil), vocabulary.meaning >= 0,
            sharpness.count == members.count, vocabulary.rarity.count == vocabulary.count,
            confidence.slopes.count == Confidence.inputCount + 1, confidence.means.count == Confidence.inputCount,
            confidence.deviations.count == Confidence.inputCount, confidences.count == isRight.count
        else { throw damaged() }
        self.init(
            classes: classes, heldOut: HeldOutAnswers(confidences: confidences, isRight: isRight.map { $0 == 1 }),
            ensemble: TextEnsemble(vocabulary: vocabulary, classCount: classes.count, members: members), sharpness: sharpness,
            confidence: confidence, encoder: digest == nil ? nil : encoder)
    }
}
