import Foundation

/// What a browser asked, as a value: the pages know no network.
package struct PageRequest: Sendable {
    package enum Method: String, Sendable { case get = "GET", head = "HEAD", post = "POST" }

    /// Nil = another than the three.
    package var method: Method?
    /// Decoded, without the query.
    package var path: String
    package var query: [String: String]
    /// Names in lower case.
    package var headers: [String: String]
    /// The fields of a form.
    package var form: [String: String]

    /// - Parameters:
    ///   - target: path and query as sent.
    ///   - headers: names in lower case; `host` is the name and port that was asked.
    ///   - body: of a form, `application/x-www-form-urlencoded`.
    package init(method: String, target: String, headers: [String: String], body: String = "") {
        self.method = Method(rawValue: method)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "/").removingPercentEncoding ?? ""
        query = Self.fields(parts.count > 1 ? parts[1] : "")
        self.headers = headers
        form = method == "POST" ? Self.fields(body[...]) : [:]
    }

    /// The first of a name counts.
    static func fields(_ text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = halves.map { $0.replacing("+", with: " ").removingPercentEncoding ?? "" }
            if fields[decoded[0]] == nil { fields[decoded[0]] = decoded.count > 1 ? decoded[1] : "" }
        }
        return fields
    }

    func cookie(_ name: String) -> String? {
        for part in (headers["cookie"] ?? "").split(separator: ";") {
            let halves = part.split(separator: "=", maxSplits: 1)
            if halves.count == 2, halves[0].trimmingCharacters(in: .whitespaces) == name { return String(halves[1]) }
        }
        return nil
    }
}

/// What the browser gets.
package struct PageReply: Sendable {
    package var status: Int
    /// In the order sent; a name may come twice.
    package var headers: [(name: String, value: String)]
    package var body: String

    package init(status: Int = 200, type: String = "text/html; charset=utf-8", headers: [(String, String)] = [], body: String) {
        self.status = status
        self.headers = [("Content-Type", type)] + headers.map { (name: $0.0, value: $0.1) }
        self.body = body
    }

    /// To a page of this server, fetched with GET; `location` starts with one slash.
    static func redirect(to location: String, headers: [(String, String)] = []) -> PageReply {
        PageReply(status: 303, type: "text/plain; charset=utf-8", headers: [("Location", location)] + headers, body: "see \(location)\n")
    }

    static func plain(_ status: Int, _ text: String, headers: [(String, String)] = []) -> PageReply {
        PageReply(status: status, type: "text/plain; charset=utf-8", headers: headers, body: text + "\n")
    }
}
