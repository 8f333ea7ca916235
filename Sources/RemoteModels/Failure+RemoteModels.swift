import Records

/// Wording for language models behind HTTP. No prompt, no answer and no secret stands in any of it.
extension Failure {
    // MARK: Settings

    /// A user name, a password and a query are left out: they may be secret.
    static func endpoint(_ text: String) -> Failure {
        let text = text.lastIndex(of: "@").map { "…" + text[$0...] } ?? text
        return Failure(
            .job, code: "remote.endpoint", what: "an endpoint cannot be used", found: "'\(text.prefix { $0 != "?" }.prefix(200))'",
            expected: "http:// or https://, a host, a port if need be, and no user name",
            remedy: "Write for instance `https://vpce-1.bedrock-runtime.ap-northeast-1.vpce.amazonaws.com`.")
    }

    static func noRegion() -> Failure {
        Failure(
            .job, code: "remote.no-region", what: "no AWS region is set", expected: "a region such as ap-northeast-1",
            remedy: "Set `region` in the job, AWS_REGION, or `region` of the profile in ~/.aws/config.")
    }

    static func noCredentials(tried: [String]) -> Failure {
        Failure(
            .failed, code: "remote.no-credentials", what: "there are no AWS credentials",
            found: tried.joined(separator: "; "), expected: "an API key or an access key in one of these places",
            remedy: "Set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.")
    }

    static func credentials(place: String, found: String, remedy: String) -> Failure {
        Failure(
            .failed, code: "remote.credentials", what: "AWS credentials cannot be used", place: place, found: found,
            expected: "an access key and a secret key", remedy: remedy)
    }

    static func secretFileMode(_ path: String, mode: String) -> Failure {
        Failure(
            .failed, code: "remote.secret-mode", what: "a file of secrets can be read by others", place: path, found: "mode \(mode)",
            expected: "mode 0600", remedy: "Run `chmod 600` on it; and renew the keys if others use this machine.")
    }

    static func setting(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "remote.setting", what: "a setting of a remote model cannot be used", place: name, found: found,
            expected: expected, remedy: "Change it in the job file or on the command line.")
    }

    // MARK: On the way

    static func transport(_ failure: TransportFailure, place: String) -> Failure {
        switch failure {
        case .noConnection(let reason):
            Failure(
                .tryAgain, code: "remote.unreachable", what: "the model's server cannot be reached", place: place, found: reason,
                expected: "a connection", remedy: "Check the endpoint, the region and the network, then start the command again.")
        case .cut(let reason):
            Failure(
                .tryAgain, code: "remote.cut", what: "the model's server ended the connection before its answer was complete",
                place: place, found: reason, expected: "a whole reply",
                remedy: "Start the command again; what is settled is not asked twice.")
        case .timeLimit: remoteTimeLimit(place: place, attempts: 0)
        case .cancelled: remoteCancelled(place: place)
        case .tooLong:
            Failure(
                .failed, code: "remote.reply-too-long", what: "a reply is too long", place: place,
                found: "more than \(HTTPLimits.longestReply >> 20) MiB", expected: "an answer of a model",
                remedy: "Check what listens at the endpoint.")
        case .part(let failure): failure
        }
    }

    static func remoteTimeLimit(place: String, attempts: Int) -> Failure {
        Failure(
            .tryAgain, code: "remote.time-limit", what: "no answer came within the time limit", place: place,
            found: attempts > 0 ? "\(attempts) attempts" : "", expected: "an answer in time",
            remedy: "Raise the time limit, ask for fewer tokens, or let the cascade take another model.")
    }

    static func remoteCancelled(place: String) -> Failure {
        Failure(
            .tryAgain, code: "remote.cancelled", what: "a call was stopped", place: place, found: "the run is ending",
            remedy: "Start the command again.")
    }

    /// The same, saying how often it was tried; once is not worth a word.
    func after(attempts: Int) -> Failure {
        guard attempts > 1 else { return self }
        var failure = self
        failure.found += failure.found.isEmpty ? "\(attempts) attempts" : ", after \(attempts) attempts"
        return failure
    }

    // MARK: What the server says

    static func answerMalformed(place: String, found: String, expected: String) -> Failure {
        Failure(
            .failed, code: "remote.answer-malformed", what: "a reply is not the answer of a model", place: place, found: found,
            expected: expected, remedy: "Check that the endpoint speaks the protocol named; the row goes to a person.")
    }

    static func streamCut(place: String, found: String) -> Failure {
        Failure(
            .tryAgain, code: "remote.stream-cut", what: "a stream ended before the answer did", place: place, found: found,
            expected: "an end with tokens used", remedy: "Start the command again; the part that came is not used.")
    }

    static let batchTooSmallCode = "remote.batch-too-small"

    /// Of a code that no ledger takes for free.
    static func answerUnjudged(_ failure: Failure) -> Failure {
        var own = failure
        own.code = "remote.answer-unjudged"
        own.what = "a model answered, but the guardrail did not judge it: \(failure.what)"
        return own
    }

    /// - Parameter count: nil = as the service says.
    static func batchTooSmall(_ count: Int?) -> Failure {
        Failure(
            .failed, code: batchTooSmallCode, what: "a batch job has too few records", found: count.map { "\($0) records" } ?? "",
            expected: "the service's least number", remedy: "They are sent one by one.")
    }

    static func told(
        _ kind: Kind, code: String, what: String, place: String, status: Int, name: String, expected: String = "", remedy: String
    ) -> Failure {
        Failure(
            kind, code: code, what: what, place: place, found: name.isEmpty ? "HTTP \(status)" : "HTTP \(status) \(name)",
            expected: expected, remedy: remedy)
    }
}
