import Crypto
import Foundation

/// The secret of one server process, and what is derived from it: the token of the printed address, the cookie, the forms' token.
///
/// Each is an HMAC of the secret for its own purpose, so that one of them gives away none of the others.
package struct SessionKey: Sendable {
    package let token: String
    let cookie: String
    let form: String

    /// A secret of 256 bits from the system's generator.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(secret: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    init(secret: [UInt8]) {
        let key = SymmetricKey(data: secret)
        func derived(_ purpose: String) -> String {
            HMAC<SHA256>.authenticationCode(for: Data(purpose.utf8), using: key).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
        (token, cookie, form) = (derived("token"), derived("cookie"), derived("form"))
    }

    /// Takes as long for any text of the same length, equal or not.
    package static func matches(_ given: String?, _ expected: String) -> Bool {
        guard let given else { return false }
        let (left, right) = (Array(given.utf8), Array(expected.utf8))
        var difference = UInt8(left.count == right.count ? 0 : 1)
        for index in right.indices { difference |= right[index] ^ (index < left.count ? left[index] : 0) }
        return difference == 0
    }
}
