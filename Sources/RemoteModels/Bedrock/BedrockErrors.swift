import Records

/// What a reply of Bedrock that is not 2xx means for the user. Its own message may quote the prompt, so it is read but never shown.
enum BedrockErrors {
    static func failure(
        _ answer: HTTPAnswer, name: String, message: String, cause: RetryPolicy.Cause, place: String, now: Timestamp
    ) -> Failure {
        func told(_ kind: Failure.Kind, _ code: String, _ what: String, expected: String = "", _ remedy: String) -> Failure {
            .told(
                kind, code: "remote.\(code)", what: what, place: place, status: answer.status, name: name, expected: expected,
                remedy: remedy)
        }
        if cause == .throttled {
            return told(
                .tryAgain, "throttled", "the model's server takes no more calls for now",
                "Lower the number of parallel calls, ask AWS for a higher quota, or start the command again later.")
        }
        if let failure = credentials(answer, name: name, message: message, now: now, told: { told($0, $1, $2, expected: $3, $4) }) {
            return failure
        }
        if message.contains("too long") || message.contains("too many input tokens") || message.contains("context window")
            || message.contains("maximum context") || message.contains("max_tokens") && message.contains("exceed")
        {
            return told(
                .failed, "context-too-long", "a prompt is longer than the model can read", expected: "a prompt within the context window",
                "Send less evidence, or take a model with a larger context.")
        }
        if isBatchTooSmall(message) { return .batchTooSmall(nil) }
        switch (answer.status, name) {
        case (_, "AccessDeniedException"), (403, _):
            return told(
                .failed, "access-denied", "the account may not use this model", expected: "access granted",
                "Grant model access in the Bedrock console and bedrock:InvokeModel in the role, in this region.")
        case (_, "ResourceNotFoundException"), (404, _):
            return told(
                .job, "model-unknown", "the model is not known in this region", expected: "a model id, profile or router of this region",
                "Check the id and the region; many models are reached only through an inference profile (`us.`, `apac.`, `jp.`).")
        case (_, "ValidationException"), (400, _):
            let isUnknown = message.contains("model identifier is invalid") || message.contains("on-demand throughput")
            return isUnknown
                ? told(
                    .job, "model-unknown", "the model cannot be called by this id", expected: "an id that this region takes",
                    "Name an inference profile (`us.`, `apac.`, `jp.`) in place of the bare model id, or check the region.")
                : told(
                    .failed, "request-refused", "the model's server refused the request", expected: "a request as it understands it",
                    "Check the model's limits: system texts, stop sequences and schemas are not taken by every model.")
        case (408, _):
            return told(
                .failed, "model-time-limit", "the model took too long", "Ask for fewer tokens or a shorter prompt, or take a faster model.")
        case (424, _):
            return told(.failed, "model-error", "the model itself failed", "Try another model; the row goes to a person.")
        default:
            return cause == .transient
                ? told(.tryAgain, "server-error", "the model's server failed", "Start the command again later.")
                : told(.failed, "http", "the model's server gave an unexpected reply", "Check the endpoint.")
        }
    }

    /// Accounts have quotas of their own for the least number of records of a batch job.
    static func isBatchTooSmall(_ message: String) -> Bool {
        let message = message.lowercased()
        return message.contains("record") && (message.contains("minimum") || message.contains("at least") || message.contains("fewer"))
    }

    private static func credentials(
        _ answer: HTTPAnswer, name: String, message: String, now: Timestamp,
        told: (Failure.Kind, String, String, String, String) -> Failure
    ) -> Failure? {
        if ["RequestTimeTooSkewed", "RequestExpired"].contains(name) || message.contains("signature expired")
            || message.contains("signature not yet current")
        {
            var failure = told(
                .failed, "clock-skew", "this machine's clock is wrong, so the signature is refused", "within 5 minutes of the server's",
                "Set the clock (`timedatectl set-ntp true`), then start the command again.")
            if let theirs = answer.header("date").flatMap(httpDate) {
                failure.found += ", this clock \((now.microseconds - theirs.microseconds) / 1_000_000) s ahead"
            }
            return failure
        }
        if name.contains("ExpiredToken") || message.contains("token included in the request is expired") {
            return told(
                .failed, "credentials-expired", "the AWS session has ended", "credentials that are still valid", "Sign in again.")
        }
        if [
            "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "SignatureDoesNotMatch",
            "MissingAuthenticationTokenException", "IncompleteSignatureException",
        ].contains(name) || answer.status == 401 {
            return told(
                .failed, "credentials-refused", "AWS does not accept the credentials",
                "an access key with its own secret key, or an API key",
                "Check the keys, their region, and that a proxy leaves path and headers as they are.")
        }
        return nil
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func httpDate(_ text: String) -> Timestamp? {
        let words = text.split { $0 == " " || $0 == ":" || $0 == "," }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]),
            let hour = Int(words[4]), let minute = Int(words[5]), let second = Int(words[6]), (1...31).contains(day),
            (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        return Timestamp(.init(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second))
    }
}
