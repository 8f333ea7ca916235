package import Records

/// One request, complete: what is signed is what is sent.
package struct HTTPCall: Hashable, Sendable {
    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT" }

    package var method: Method
    package var endpoint: Endpoint
    /// As it travels: percent-encoded once, begins with `/`.
    package var path: String
    /// Without `?`, percent-encoded; empty = none.
    package var query: String
    /// In the order sent; names in any case, `host` and `content-length` come from the transport.
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(
        _ method: Method, _ endpoint: Endpoint, path: String, query: String = "", headers: [HTTPHeader] = [], body: [UInt8] = []
    ) {
        (self.method, self.endpoint, self.path, self.query) = (method, endpoint, path, query)
        (self.headers, self.body) = (headers, body)
    }

    var url: String { endpoint.text + path + (query.isEmpty ? "" : "?" + query) }
}

package struct HTTPHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// Scheme, host and port of a server, and a path that all of its own begin with.
package struct Endpoint: Hashable, Sendable {
    package var scheme: String
    package var host: String
    /// Nil = the scheme's own.
    package var port: Int?
    /// Without a slash at its end; empty = none.
    package var prefix: String

    package init(scheme: String, host: String, port: Int? = nil, prefix: String = "") {
        (self.scheme, self.host, self.port, self.prefix) = (scheme, host, port, prefix)
    }

    /// - Throws: not `http://` or `https://` with a host; user names, queries and fragments.
    package init(_ text: String) throws(Failure) {
        let halves = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard halves.count >= 3, halves[1].isEmpty, halves[0] == "http:" || halves[0] == "https:", !halves[2].isEmpty,
            text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 63 && $0 != 35 && $0 != 64 })
        else { throw .endpoint(text) }
        scheme = String(halves[0].dropLast())
        var path = halves.count == 4 ? "/" + halves[3] : ""
        while path.last == "/" { path.removeLast() }
        prefix = path
        let authority = halves[2]
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number), colon > authority.startIndex
            else { throw .endpoint(text) }
            (host, port) = (String(authority[..<colon]), number)
        } else {
            (host, port) = (String(authority), nil)
        }
    }

    /// This machine: what is sent there travels no network.
    package var isHere: Bool { host == "localhost" || host == "[::1]" || octets?.first == 127 }

    /// This machine or a private network of one's own (RFC 1918, names without a dot, `.local`, `.internal`).
    package var isPrivate: Bool {
        guard let octets else {
            return isHere || !host.contains(".") && !host.hasPrefix("[") || host.hasSuffix(".local") || host.hasSuffix(".internal")
        }
        return isHere || octets[0] == 10 || octets[0] == 192 && octets[1] == 168 || octets[0] == 172 && (16...31).contains(octets[1])
    }

    /// Of an address of version 4 in its usual form; nil for every name, whatever it begins with.
    private var octets: [Int]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.allSatisfy { 48...57 ~= $0 } ? Int(part) : nil }
        return parts.count == 4 && numbers.count == 4 && numbers.allSatisfy { 0...255 ~= $0 } ? numbers : nil
    }

    /// `https://host:port`, without the prefix.
    var text: String { "\(scheme)://\(authority)" }

    /// As in the `Host` header: the port only where it is not the scheme's own.
    package var authority: String {
        switch (scheme, port) {
        case (_, nil), ("https", 443), ("http", 80): host
        case (_, let port?): "\(host):\(port)"
        }
    }
}

package struct HTTPAnswer: Hashable, Sendable {
    package var status: Int
    package var headers: [HTTPHeader]
    package var body: [UInt8]

    package init(status: Int, headers: [HTTPHeader], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// The first of that name, in any case.
    package func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    package var text: String { String(decoding: body, as: UTF8.self) }
}
