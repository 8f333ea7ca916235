import Foundation
public import Models
public import Records

extension EncoderFiles {
    /// Reads the folder of a sentence encoder as its makers hand it out: `config.json`, `tokenizer.json`, `model.safetensors` and, where it
    /// is there, `1_Pooling/config.json`. It is named like the folder.
    ///
    /// - Throws: a file that is not there.
    public init(folder: String) throws(Failure) {
        func bytes(_ name: String) throws(Failure) -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: folder + "/" + name) else {
                throw Failure(
                    .usage, code: "models.encoder", what: "a folder holds no sentence encoder that can be read", place: folder,
                    found: "no \(name)", expected: "config.json, tokenizer.json and model.safetensors",
                    remedy: "Give the folder of a BERT sentence encoder.")
            }
            return Array(data)
        }
        self.init(
            name: folder.split(separator: "/").last.map(String.init) ?? folder, configuration: try bytes("config.json"),
            tokenizer: try bytes("tokenizer.json"), weights: try bytes("model.safetensors"),
            pooling: FileManager.default.contents(atPath: folder + "/1_Pooling/config.json").map(Array.init))
    }
}

extension SentenceEncoder {
    /// - Throws: a file that is not there; what ``SentenceEncoder`` refuses.
    public init(folder: String) throws(Failure) { try self.init(EncoderFiles(folder: folder)) }
}
