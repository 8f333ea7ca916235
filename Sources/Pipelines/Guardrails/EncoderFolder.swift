import Crypto
import Foundation
public import Models
public import Records

extension SentenceEncoder {
    /// Reads the folder of a sentence encoder as its makers hand it out: `config.json`, `tokenizer.json`, `model.safetensors` and, where it
    /// is there, `1_Pooling/config.json`. Its name is the folder's, with the beginning of the weights' digest.
    ///
    /// - Throws: a file that is not there; what ``SentenceEncoder`` refuses.
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
        let weights = try bytes("model.safetensors")
        let digest = SHA256.hash(data: weights).prefix(4).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        try self.init(
            name: "\(name)@\(digest.joined())", configuration: try bytes("config.json"), tokenizer: try bytes("tokenizer.json"),
            weights: weights, pooling: FileManager.default.contents(atPath: folder + "/1_Pooling/config.json").map(Array.init))
    }
}
