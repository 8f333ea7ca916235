public import Foundation

/// A row's features as stored: 32-bit floats, little-endian, in the stage's order.
public enum PackedFeatures {
    public static func unpack(_ data: Data?) -> [Float] {
        guard let data, data.count % 4 == 0 else { return [] }
        let bytes = [UInt8](data)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            return Float(bitPattern: pattern)
        }
    }
}
