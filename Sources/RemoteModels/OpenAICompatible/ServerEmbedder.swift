package import Models
package import Records

/// An embedding model behind OpenAI's HTTP interface.
package struct ServerEmbedder: Embedder {
    package let family = "openai-embed"
    package let model: String
    package let dimensions: Int
    /// Texts a call.
    package var batch = 64
    /// For each call.
    package var timeLimit = Timestamp.Span.seconds(120)
    let client: OpenAIClient

    /// - Parameter dimensions: what the model gives; an answer of another length is a failure.
    package init(_ model: String, dimensions: Int, client: OpenAIClient) {
        (self.model, self.dimensions, self.client) = (model, dimensions, client)
    }

    package func vectors(of texts: [String]) async throws(Failure) -> [Float] { try await embedding(of: texts).vectors }

    /// Also the tokens that are billed.
    package func embedding(of texts: [String], meter: SendMeter = .free) async throws(Failure) -> (vectors: [Float], tokens: Int) {
        let place = "\(model), \(client.endpoint.authority)"
        var vectors = [Float](repeating: 0, count: texts.count * dimensions), tokens = 0
        for start in stride(from: 0, to: texts.count, by: batch) {
            let part = texts[start..<min(start + batch, texts.count)]
            // Servers refuse an empty text; a space stands for it, always.
            let body = JSONValue.object([
                .init("model", .text(model)), .init("input", .array(part.map { .text($0.isEmpty ? " " : $0) })),
                .init("encoding_format", .text("float")),
            ])
            let value = try client.json(try await client.post(client.endpoint.prefix + "/embeddings", body, limit: timeLimit, meter: meter))
            guard let rows = value["data"]?.elements, rows.count == part.count, let count = value["usage"]?["prompt_tokens"]?.tokenCount,
                count >= 0
            else { throw .answerMalformed(place: place, found: "a part is missing", expected: "\(part.count) embeddings and usage") }
            var seen = Set<Int64>()
            for row in rows {
                guard let index = row["index"]?.integer, index >= 0, index < part.count, seen.insert(index).inserted else {
                    throw .answerMalformed(place: place, found: "an embedding of no text", expected: "one embedding a text")
                }
                let at = (start + Int(index)) * dimensions
                vectors.replaceSubrange(
                    at..<at + dimensions, with: try UnitVector.parse(row["embedding"], dimensions: dimensions, place: place))
            }
            tokens += Int(count)
        }
        return (vectors, tokens)
    }
}
