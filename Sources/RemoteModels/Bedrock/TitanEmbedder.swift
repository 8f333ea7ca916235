package import Models
package import Records

/// Amazon Titan Text Embeddings V2: one text a call.
package struct TitanEmbedder: Embedder {
    package let family = "bedrock-embed"
    package let model: String
    package let dimensions: Int
    /// For each text.
    package var timeLimit = Timestamp.Span.seconds(60)
    let client: BedrockClient

    /// - Parameter dimensions: 256, 512 or 1,024.
    /// - Throws: any other number.
    package init(_ model: String = "amazon.titan-embed-text-v2:0", dimensions: Int = 1_024, client: BedrockClient) throws(Failure) {
        guard [256, 512, 1_024].contains(dimensions) else {
            throw .setting("dimensions", found: "\(dimensions)", expected: "256, 512 or 1024")
        }
        (self.model, self.dimensions, self.client) = (model, dimensions, client)
    }

    package func vectors(of texts: [String]) async throws(Failure) -> [Float] { try await embedding(of: texts).vectors }

    /// Also the tokens that are billed.
    package func embedding(of texts: [String], meter: SendMeter = .free) async throws(Failure) -> (vectors: [Float], tokens: Int) {
        var vectors: [Float] = [], tokens = 0
        vectors.reserveCapacity(texts.count * dimensions)
        let place = "\(model), \(client.endpoints.runtime.authority)"
        for text in texts {
            // The service refuses an empty text; a space stands for it, always.
            let body = JSONValue.object([
                .init("inputText", .text(text.isEmpty ? " " : text)), .init("dimensions", .integer(dimensions)),
                .init("normalize", .bool(true)),
            ])
            let value = try client.json(
                try await client.post("/model/\(BedrockClient.label(model))/invoke", body, limit: timeLimit, meter: meter))
            guard let count = value["inputTextTokenCount"]?.tokenCount else {
                throw .answerMalformed(place: place, found: "no inputTextTokenCount", expected: "an embedding and its tokens")
            }
            vectors += try UnitVector.parse(value["embedding"], dimensions: dimensions, place: place)
            tokens += count
        }
        return (vectors, tokens)
    }
}

/// Vectors as servers send them, made of length 1.
enum UnitVector {
    /// - Throws: not an array of so many finite numbers, or all of them 0.
    static func parse(_ value: JSONValue?, dimensions: Int?, place: String) throws(Failure) -> [Float] {
        let numbers = (value?.elements ?? []).compactMap(\.real)
        let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard !numbers.isEmpty, numbers.count == value?.elements?.count, dimensions == nil || numbers.count == dimensions, length > 0,
            length.isFinite
        else {
            throw .answerMalformed(
                place: place, found: "\(numbers.count) numbers",
                expected: "a vector of \(dimensions.map(String.init) ?? "some") numbers, not all 0")
        }
        return numbers.map { Float($0 / length) }
    }
}
