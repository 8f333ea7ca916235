import Records

/// The tensors of a `safetensors` file (https://github.com/huggingface/safetensors, format as of version 0.4): the length of a header, the
/// header in JSON, the numbers.
struct SafeTensors {
    private let bytes: [UInt8]
    private let start: Int
    private let entries: [String: Entry]

    private struct Entry {
        var type: String
        var shape: [Int]
        var range: Range<Int>
    }

    /// - Throws: a header that is none, or that names bytes that are not there.
    init(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count >= 8 else {
            throw .encoderFile("model.safetensors", found: "\(bytes.count) bytes", expected: "a header of 8 bytes")
        }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
        guard length <= UInt64(bytes.count - 8),
            let header = JSONValue(parsing: String(decoding: bytes[8..<8 + Int(length)], as: UTF8.self)),
            let members = header.members
        else { throw .encoderFile("model.safetensors", found: "no header", expected: "a header in JSON") }
        start = 8 + Int(length)
        var entries: [String: Entry] = [:]
        for member in members where member.name != "__metadata__" {
            let offsets = (member.value["data_offsets"]?.elements ?? []).compactMap(\.integer)
            let shape = (member.value["shape"]?.elements ?? []).compactMap(\.integer)
            guard let type = member.value["dtype"]?.string, offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
                offsets[1] <= Int64(bytes.count - start), shape.allSatisfy({ (0...(1 << 32)).contains($0) })
            else {
                throw .encoderFile(
                    "model.safetensors", found: "tensor \(member.name) without type, shape or bytes", expected: "a whole file")
            }
            entries[member.name] = Entry(type: type, shape: shape.map { Int($0) }, range: Int(offsets[0])..<Int(offsets[1]))
        }
        (self.bytes, self.entries) = (bytes, entries)
    }

    /// Row-major, 32-bit numbers.
    ///
    /// - Throws: a tensor that is not there, of another shape, of another type than F32, or with numbers that are not finite.
    func values(_ name: String, _ shape: [Int]) throws(Failure) -> [Float] {
        guard let entry = entries[name] else {
            throw .encoderFile("model.safetensors", found: "no tensor \(name)", expected: "the weights of a BERT encoder")
        }
        let count = shape.reduce(1, *)
        guard entry.type == "F32", entry.shape == shape, entry.range.count == count * 4 else {
            throw .encoderFile(
                "model.safetensors", found: "tensor \(name), \(entry.type) of shape \(entry.shape)", expected: "F32 of shape \(shape)")
        }
        let from = start + entry.range.lowerBound
        let values = bytes.withUnsafeBytes { raw in
            (0..<count).map { Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: from + 4 * $0, as: UInt32.self))) }
        }
        guard values.allSatisfy(\.isFinite) else {
            throw .encoderFile("model.safetensors", found: "tensor \(name) with a number that is not finite", expected: "finite numbers")
        }
        return values
    }
}

extension Failure {
    static func encoderFile(_ file: String, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "models.encoder", what: "a folder holds no sentence encoder that can be read", place: file, found: found,
            expected: expected,
            remedy: "Give the folder of a BERT sentence encoder with config.json, tokenizer.json and model.safetensors.")
    }
}
