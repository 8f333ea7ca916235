import ArgumentParser
import Models
import Pipelines

/// A sentence encoder that runs here.
struct EncoderOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder of a BERT sentence encoder (config.json, tokenizer.json, model.safetensors), which runs here.", valueName: "folder"),
        completion: .directory)
    var encoder: String?

    /// - Throws: a folder that holds none.
    func model() throws -> SentenceEncoder? { try encoder.map { try SentenceEncoder(folder: $0) } }
}
