package import Records

/// Whole objects in S3: PutObject and GetObject, signed as S3 does (path as it travels, digest of the body in a header).
package struct ObjectStore: Sendable {
    let client: BedrockClient
    /// Bytes of an object that are asked for at once.
    private let piece: Int

    package init(_ client: BedrockClient, piece: Int = 32 << 20) { (self.client, self.piece) = (client, piece) }

    /// A place `s3://bucket/key`.
    package struct Address: Hashable, Sendable, CustomStringConvertible {
        package var bucket: String
        package var key: String

        /// - Throws: another form, or a bucket name that S3 does not allow.
        package init(_ text: String) throws(Failure) {
            let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "s3:", parts[1].isEmpty, (3...63).contains(parts[2].utf8.count),
                parts[2].utf8.allSatisfy({ 48...57 ~= $0 || 97...122 ~= $0 || $0 == 45 || $0 == 46 })
            else { throw .setting("S3 address", found: "'\(text.prefix(80))'", expected: "s3://bucket/key") }
            (bucket, key) = (String(parts[2]), String(parts[3]))
        }

        init(bucket: String, key: String) { (self.bucket, self.key) = (bucket, key) }

        package var description: String { "s3://\(bucket)/\(key)" }
    }

    package func put(_ body: [UInt8], at address: Address, contentType: String, limit: Timestamp.Span) async throws(Failure) {
        let (endpoint, path) = place(of: address)
        _ = try await send(
            HTTPCall(.put, endpoint, path: path, headers: [HTTPHeader("Content-Type", contentType)], body: body), limit: limit)
    }

    /// In pieces, so that no reply is longer than replies may be; a server that knows no pieces gives it whole.
    package func get(_ address: Address, limit: Timestamp.Span) async throws(Failure) -> [UInt8] {
        let (endpoint, path) = place(of: address)
        var bytes: [UInt8] = []
        while true {
            let range = HTTPHeader("Range", "bytes=\(bytes.count)-\(bytes.count + piece - 1)")
            let answer = try await send(HTTPCall(.get, endpoint, path: path, headers: [range]), limit: limit).answer
            guard answer.status == 206 else { return answer.body }
            // `bytes 0-99/250`: what is asked for, and of how much.
            let parts = (answer.header("content-range") ?? "").split { " -/".contains($0) }
            guard parts.count == 4, Int(parts[1]) == bytes.count, let length = Int(parts[3]), !answer.body.isEmpty,
                bytes.count + answer.body.count <= length
            else {
                throw .answerMalformed(place: endpoint.authority, found: "a piece of another place", expected: "the piece asked for")
            }
            bytes += answer.body
            if bytes.count == length { return bytes }
        }
    }

    /// A host of the bucket at AWS itself, the bucket in the path elsewhere and where its dots would break the certificate.
    private func place(of address: Address) -> (Endpoint, String) {
        var endpoint = client.endpoints.storage
        let key = PercentEncoding.encode(address.key, keepsSlashes: true)
        guard endpoint.host.hasPrefix("s3.\(client.region).amazonaws."), !address.bucket.contains(".") else {
            return (endpoint, "\(endpoint.prefix)/\(address.bucket)/\(key)")
        }
        endpoint.host = "\(address.bucket).\(endpoint.host)"
        return (endpoint, "/\(key)")
    }

    private func send(_ call: HTTPCall, limit: Timestamp.Span) async throws(Failure) -> RemoteCaller.Reply {
        let now = client.caller.pace.now
        return try await client.caller.reply(
            limit: limit,
            prepare: { () async throws(Failure) in
                SignatureV4(
                    credentials: try await client.chain.credentials(), region: client.region, service: "s3", pathRule: .s3,
                    sendsDigest: true
                ).signed(call, at: now())
            },
            complaint: { Self.complaint($0, place: call.endpoint.authority, now: now()) })
    }

    /// S3 words its errors in XML: only the code is read.
    static func complaint(_ answer: HTTPAnswer, place: String, now: Timestamp) -> RemoteComplaint {
        let text = answer.text
        var code = ""
        if let start = text.firstRange(of: "<Code>"), let end = text[start.upperBound...].firstRange(of: "</Code>") {
            code = String(text[start.upperBound..<end.lowerBound].prefix(80)).filter { $0.isASCII && $0.isLetter }
        }
        let cause = RetryPolicy.cause(status: answer.status, code: code)
        if ["NoSuchBucket", "NoSuchKey"].contains(code) {
            let failure = Failure.told(
                .failed, code: "remote.no-object", what: "there is no such bucket or object", place: place, status: answer.status,
                name: code,
                remedy: "Check the address and the region of the bucket.")
            return RemoteComplaint(cause: cause, failure: failure)
        }
        let name = code == "AccessDenied" ? "AccessDeniedException" : code
        return RemoteComplaint(
            cause: cause, failure: BedrockErrors.failure(answer, name: name, message: "", cause: cause, place: place, now: now))
    }
}
