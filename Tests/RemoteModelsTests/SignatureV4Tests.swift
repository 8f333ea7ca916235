import Foundation
import Records
import RemoteModels
import Testing

/// AWS's own test suite of Signature Version 4, from the CSV form of `sigv4_vectors.csv`.
struct SignatureVector: Sendable, CustomTestStringConvertible {
    var fields: [String: String]

    var name: String { fields["case"] ?? "" }
    var testDescription: String { name }

    /// From the shared data when it is there (all 38), else the slice beside the tests.
    static let all: [SignatureVector] = {
        let shared = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"].map { $0 + "/llm/sigv4_vectors.csv" }
        for path in [shared, fixtures + "/sigv4/sigv4_slice.csv"].compactMap({ $0 }) {
            if let data = FileManager.default.contents(atPath: path) { return read(String(decoding: data, as: UTF8.self)) }
        }
        return []
    }()

    static var fixtures: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures").path
    }

    /// RFC 4180, quoted fields with line breaks.
    static func read(_ text: String) -> [SignatureVector] {
        var rows: [[String]] = [], row: [String] = [], field = "", isQuoted = false
        let characters = Array(text.unicodeScalars)
        var at = 0
        while at < characters.count {
            let scalar = characters[at]
            if isQuoted {
                if scalar == "\"" {
                    if at + 1 < characters.count, characters[at + 1] == "\"" {
                        field.unicodeScalars.append("\"")
                        at += 1
                    } else {
                        isQuoted = false
                    }
                } else {
                    field.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"" {
                isQuoted = true
            } else if scalar == "," || scalar == "\n" {
                row.append(field)
                field = ""
                if scalar == "\n" {
                    rows.append(row)
                    row = []
                }
            } else if scalar != "\r" {
                field.unicodeScalars.append(scalar)
            }
            at += 1
        }
        guard let names = rows.first else { return [] }
        return rows.dropFirst().map { SignatureVector(fields: Dictionary(zip(names, $0)) { first, _ in first }) }
    }

    func flag(_ name: String) -> Bool { fields[name]?.lowercased() == "true" }

    var signer: SignatureV4 {
        let token = fields["token"].flatMap { $0.isEmpty ? nil : $0 }
        let credentials = AWSCredentials(
            accessKey: fields["access_key_id"] ?? "", secretKey: fields["secret_access_key"] ?? "", sessionToken: token, source: "vector")
        return SignatureV4(
            credentials: credentials, region: fields["region"] ?? "", service: fields["service"] ?? "",
            pathRule: .init(encodes: true, normalizes: flag("normalize")), sendsDigest: flag("sign_body"),
            leavesTokenUnsigned: flag("omit_session_token"))
    }

    /// The request as text: a line, headers (continued by indented lines), an empty line and a body.
    var call: HTTPCall {
        get throws {
            let text = fields["request"] ?? ""
            let halves = text.components(separatedBy: "\n\n")
            var lines = halves[0].split(separator: "\n").map(String.init)
            let first = lines.removeFirst()
            let target = first.dropFirst(first.split(separator: " ")[0].count + 1).dropLast(" HTTP/1.1".count)
            var headers: [HTTPHeader] = [], host = ""
            for line in lines {
                if line.hasPrefix(" "), var last = headers.popLast() {
                    last.value += "\n" + line
                    headers.append(last)
                    continue
                }
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts[0].lowercased() == "host" { host = parts[1] } else { headers.append(HTTPHeader(parts[0], parts[1])) }
            }
            let question = target.firstIndex(of: "?")
            let path = question.map { String(target[..<$0]) } ?? String(target)
            let query = question.map { String(target[target.index(after: $0)...]) } ?? ""
            let method = try #require(HTTPCall.Method(rawValue: String(first.split(separator: " ")[0])))
            return HTTPCall(
                method, Endpoint(scheme: "https", host: host), path: path, query: query, headers: headers,
                body: halves.count > 1 ? Array(halves[1...].joined(separator: "\n\n").utf8) : [])
        }
    }
}

@Suite struct SignatureV4Tests {
    @Test("every case of AWS's suite has its canonical request, its text to sign and its signature", arguments: SignatureVector.all)
    func vector(_ vector: SignatureVector) throws {
        let time = try #require(vector.fields["timestamp"].flatMap { Timestamp(iso8601: $0) })
        let (call, steps) = vector.signer.sign(try vector.call, at: time)
        #expect(steps.canonicalRequest == vector.fields["canonical_request"])
        #expect(steps.textToSign == vector.fields["string_to_sign"])
        #expect(steps.signature == vector.fields["signature"])
        #expect(call.headers.contains { $0.name == "Authorization" && $0.value.hasSuffix("Signature=\(steps.signature)") })
    }

    @Test("the suite is not empty, and whole where the shared data is")
    func count() {
        let isShared = ProcessInfo.processInfo.environment["PIPELINE_SHARED_DATA"] != nil
        #expect(SignatureVector.all.count >= (isShared ? 38 : 6))
        #expect(SignatureVector.all.contains { !$0.flag("normalize") })
    }

    @Test("a byte more in the body, another minute or another secret gives another signature")
    func changes() throws {
        let vector = try #require(SignatureVector.all.first { $0.name == "post-vanilla" })
        let time = Timestamp(seconds: 1_440_938_160)
        let call = try vector.call
        let signature = vector.signer.sign(call, at: time).steps.signature
        var longer = call
        longer.body.append(0)
        var other = vector.signer
        other.credentials.secretKey += "x"
        #expect(vector.signer.sign(longer, at: time).steps.signature != signature)
        #expect(vector.signer.sign(call, at: time + .minutes(1)).steps.signature != signature)
        #expect(other.sign(call, at: time).steps.signature != signature)
        #expect(vector.signer.sign(call, at: time).steps.signature == signature)
    }

    @Test("a colon that travels as %3A is signed as %253A, by S3's rule as %3A")
    func twice() throws {
        let credentials = AWSCredentials(accessKey: "AKIDEXAMPLE", secretKey: "secret", source: "test")
        let call = HTTPCall(.post, Endpoint(scheme: "https", host: "example.com"), path: "/model/m-v1%3A0/converse")
        let service = SignatureV4(credentials: credentials, region: "us-east-1", service: "bedrock").sign(call, at: Timestamp(seconds: 0))
        #expect(service.steps.canonicalRequest.contains("/model/m-v1%253A0/converse\n"))
        #expect(service.call.path == "/model/m-v1%3A0/converse")
        let s3 = SignatureV4(credentials: credentials, region: "us-east-1", service: "s3", pathRule: .s3).sign(
            call, at: Timestamp(seconds: 0))
        #expect(s3.steps.canonicalRequest.contains("/model/m-v1%3A0/converse\n"))
    }
}
