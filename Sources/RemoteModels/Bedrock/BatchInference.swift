import Crypto
package import Models
package import Records

/// Many prompts in one job of the account, at the price of batches: JSON lines to S3, a job, JSON lines back.
///
/// Each line is a body of Converse. Prompts beyond the service's limits of a job make several jobs; below its least number of records, ours or the
/// one it tells, they are sent one by one.
package struct BatchInference: Sendable {
    package struct Configuration: Hashable, Sendable {
        /// Of the role that Bedrock takes to read and write the bucket.
        package var role: String
        package var bucket: String
        /// Of all objects; without slashes at its ends.
        package var prefix: String
        /// Bedrock's quota "minimum number of records per batch inference job".
        package var leastRecords = 100
        /// Bedrock's quota "records per batch inference job".
        package var mostRecords = 50_000
        /// Of one job's lines. Its answers are read in pieces, so that their length bounds nothing.
        package var mostBytes = 192 << 20
        package var pollSeconds = 30.0

        package init(role: String, bucket: String, prefix: String, leastRecords: Int = 100, pollSeconds: Double = 30) {
            (self.role, self.bucket, self.prefix) = (role, bucket, prefix)
            (self.leastRecords, self.pollSeconds) = (leastRecords, pollSeconds)
        }
    }

    let model: ConverseModel
    package let settings: Configuration
    private var client: BedrockClient { model.client }
    private var store: ObjectStore { ObjectStore(model.client) }

    package init(_ model: ConverseModel, configuration: Configuration) { (self.model, settings) = (model, configuration) }

    /// What became of one prompt.
    package struct Answer: Sendable {
        package var result: Result<Completion, Failure>
        /// Whether a batch job answered it, at its price; else a call of its own.
        package var wasBatched: Bool
        /// Whether a job was made of it, or a call that was not refused: then it may be billed, whatever came back.
        package var mayBeBilled: Bool
    }

    /// An answer or a failure for each prompt, in their order.
    ///
    /// - Parameters:
    ///   - name: what jobs are called after, letters, digits and hyphens between them, at most 58. With a digest of the job's lines it is the
    ///     request token: the same name and prompts ask for the same job again, so that a run that was killed does not pay twice, and other
    ///     prompts never get its answers.
    ///   - limit: for all jobs together.
    ///   - meters: of the prompts, for those sent one by one; empty = none.
    /// - Throws: a job itself failed, ended early or did not end in time; a single record's failure is in the result.
    package func answers(
        to prompts: [Prompt], name: String, limit: Timestamp.Span, meters: [SendMeter] = []
    ) async throws(Failure) -> [Answer] {
        let (answers, failure) = try await outcomes(of: prompts, name: name, limit: limit, meters: meters)
        if let failure { throw failure }
        return answers
    }

    /// The same; after a job that failed no further one is made, and what was answered before it is kept.
    ///
    /// - Returns: an answer or a failure for each prompt, and why jobs ended early.
    /// - Throws: a name that the service does not take; nothing was sent.
    func outcomes(
        of prompts: [Prompt], name: String, limit: Timestamp.Span, meters: [SendMeter]
    ) async throws(Failure) -> (answers: [Answer], failure: Failure?) {
        guard (1...58).contains(name.utf8.count), name.utf8.allSatisfy({ 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 45 }),
            name.first != "-", name.last != "-"
        else { throw .setting("batch name", found: "'\(name.prefix(80))'", expected: "1 to 58 letters, digits and hyphens between them") }
        let begun = client.caller.pace.elapsed()
        var answers: [Answer] = []
        for part in parts(prompts) {
            let left = limit.microseconds - (client.caller.pace.elapsed().microseconds - begun.microseconds)
            let some = Array(prompts[part])
            var isMade = false
            do throws(Failure) {
                guard some.count >= settings.leastRecords else { throw .batchTooSmall(some.count) }
                answers += try await batched(some, name: name, limit: Timestamp.Span(microseconds: left), isMade: &isMade).map {
                    Answer(result: $0, wasBatched: true, mayBeBilled: true)
                }
            } catch  where error.code == Failure.batchTooSmallCode {
                answers += await singly(some, meters.isEmpty ? [] : Array(meters[part]))
            } catch {
                let mayBeBilled = isMade || !LedgeredModel.costsNothing(error)
                answers += some.map { _ in Answer(result: .failure(error), wasBatched: true, mayBeBilled: mayBeBilled) }
                answers += prompts[part.upperBound...].map { _ in Answer(result: .failure(error), wasBatched: true, mayBeBilled: false) }
                return (answers, error)
            }
        }
        return (answers, nil)
    }

    /// Ranges of prompts, a job each: as even as they can be within the limits, since a last job of a few would be below the least.
    package func parts(_ prompts: [Prompt]) -> [Range<Int>] {
        let sizes = prompts.map { line($0, record: "").count + Self.recordLength }
        let jobs = max(
            1, (prompts.count + settings.mostRecords - 1) / settings.mostRecords,
            (sizes.reduce(0, +) + settings.mostBytes - 1) / settings.mostBytes)
        let even = (prompts.count + jobs - 1) / jobs
        var parts: [Range<Int>] = [], start = 0, bytes = 0
        for index in prompts.indices {
            if index > start, index - start >= even || bytes + sizes[index] > settings.mostBytes {
                parts.append(start..<index)
                (start, bytes) = (index, 0)
            }
            bytes += sizes[index]
        }
        return prompts.isEmpty ? [] : parts + [start..<prompts.count]
    }

    private func batched(
        _ prompts: [Prompt], name: String, limit: Timestamp.Span, isMade: inout Bool
    ) async throws(Failure) -> [Result<Completion, Failure>] {
        let lines = lines(prompts)
        let digest = String(SHA256.hash(data: lines).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().prefix(12))
        let own = "\(name)-\(digest)"
        let input = ObjectStore.Address(bucket: settings.bucket, key: "\(settings.prefix)/\(own)/in/prompts.jsonl")
        let output = ObjectStore.Address(bucket: settings.bucket, key: "\(settings.prefix)/\(own)/out/")
        try await store.put(lines, at: input, contentType: "application/jsonl", limit: limit)
        // A job's name has at most 63 characters, its token 256.
        let job = try await create(name: "\(name.prefix(50))-\(digest)", token: own, input: input, output: output)
        isMade = true
        try await wait(for: job, limit: limit)
        let identifier = job.split(separator: "/").last.map(String.init) ?? job
        let result = ObjectStore.Address(bucket: output.bucket, key: "\(output.key)\(identifier)/prompts.jsonl.out")
        return try parse(try await store.get(result, limit: limit), prompts: prompts)
    }

    private func singly(_ prompts: [Prompt], _ meters: [SendMeter]) async -> [Answer] {
        var answers: [Answer] = []
        for (number, prompt) in prompts.enumerated() {
            do throws(Failure) {
                let completion = try await model.completion(of: prompt, meter: meters.isEmpty ? .free : meters[number])
                answers.append(Answer(result: .success(completion), wasBatched: false, mayBeBilled: true))
            } catch {
                answers.append(
                    Answer(result: .failure(error), wasBatched: false, mayBeBilled: !LedgeredModel.costsNothing(error)))
            }
        }
        return answers
    }

    /// What the service takes.
    private static let recordLength = 11

    /// A name for each prompt that says what was asked: the begin of its ledger key, the next one where that is taken.
    package static func records(_ prompts: [Prompt], model: String) -> [String] {
        var taken: Set<String> = []
        return prompts.map { prompt in
            var (record, number) = ("", 0)
            repeat {
                record = String(prompt.ledgerKey(model: model, settings: number == 0 ? "" : "\(number)").prefix(recordLength))
                number += 1
            } while !taken.insert(record).inserted
            return record
        }
    }

    func lines(_ prompts: [Prompt]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (prompt, record) in zip(prompts, Self.records(prompts, model: model.model)) { bytes += line(prompt, record: record) }
        return bytes
    }

    private func line(_ prompt: Prompt, record: String) -> [UInt8] {
        let body = ConverseBody.request(prompt, guardrail: model.guardrail, holdsToSchema: model.holdsToSchema)
        return Array(JSONValue.object([.init("recordId", .text(record)), .init("modelInput", body)]).json.utf8) + [10]
    }

    private func create(
        name: String, token: String, input: ObjectStore.Address, output: ObjectStore.Address
    ) async throws(Failure) -> String {
        func place(_ kind: String, _ members: [JSONValue.Member]) -> JSONValue { .object([.init(kind, .object(members))]) }
        let body = JSONValue.object([
            .init("jobName", .text(name)), .init("roleArn", .text(settings.role)), .init("clientRequestToken", .text(token)),
            .init("modelId", .text(model.model)), .init("modelInvocationType", .text("Converse")),
            .init(
                "inputDataConfig",
                place("s3InputDataConfig", [.init("s3InputFormat", .text("JSONL")), .init("s3Uri", .text(input.description))])),
            .init("outputDataConfig", place("s3OutputDataConfig", [.init("s3Uri", .text(output.description))])),
        ])
        let reply = try await client.post("/model-invocation-job", body, at: client.endpoints.control, limit: .seconds(60))
        guard let job = try client.json(reply)["jobArn"]?.string, !job.isEmpty else {
            throw .answerMalformed(place: client.endpoints.control.authority, found: "no jobArn", expected: "the address of the job")
        }
        return job
    }

    private func wait(for job: String, limit: Timestamp.Span) async throws(Failure) {
        let pace = client.caller.pace
        let begun = pace.elapsed()
        let place = client.endpoints.control.authority
        while true {
            let reply = try await client.get(
                "/model-invocation-job/\(BedrockClient.label(job))", at: client.endpoints.control, limit: .seconds(60))
            let told = try client.json(reply)
            let status = told["status"]?.string ?? ""
            switch status {
            case "Completed", "PartiallyCompleted": return
            case "Submitted", "InProgress", "Validating", "Scheduled", "Stopping": break
            case "Failed" where BedrockErrors.isBatchTooSmall(told["message"]?.string ?? ""): throw .batchTooSmall(nil)
            case "Failed", "Stopped", "Expired":
                throw Failure(
                    .failed, code: "remote.batch", what: "a batch job did not end well", place: place, found: "status \(status)",
                    expected: "Completed", remedy: "Look at the job in the Bedrock console; its prompts were not answered.")
            default: throw .answerMalformed(place: place, found: "a job without a known status", expected: "the state of a batch job")
            }
            guard pace.elapsed().microseconds - begun.microseconds < limit.microseconds else {
                throw .remoteTimeLimit(place: "batch job", attempts: 0)
            }
            do { try await pace.sleep(settings.pollSeconds) } catch { throw .remoteCancelled(place: place) }
        }
    }

    /// Lines come in any order; a record that is missing, or named twice, is a failure of its own.
    func parse(_ bytes: [UInt8], prompts: [Prompt]) throws(Failure) -> [Result<Completion, Failure>] {
        let place = "\(model.model), batch"
        var numbers: [String: Int] = [:]
        for (number, record) in Self.records(prompts, model: model.model).enumerated() { numbers[record] = number }
        let missing = Failure.answerMalformed(place: place, found: "no line for this record", expected: "one line a record")
        var results = [Result<Completion, Failure>](repeating: .failure(missing), count: prompts.count)
        var seen = Set<Int>()
        for line in bytes.split(separator: 10) {
            guard let value = JSONValue(parsing: String(decoding: line, as: UTF8.self)), let record = value["recordId"]?.string,
                let number = numbers[record]
            else { throw .answerMalformed(place: place, found: "a line of no record", expected: "JSON lines with recordId") }
            guard seen.insert(number).inserted else {
                results[number] = .failure(.answerMalformed(place: place, found: "two lines for one record", expected: "one line a record"))
                continue
            }
            results[number] = result(value, prompt: prompts[number], place: place)
        }
        return results
    }

    private func result(_ value: JSONValue, prompt: Prompt, place: String) -> Result<Completion, Failure> {
        if let error = value["error"] {
            let status = error["errorCode"]?.integer ?? 0
            return .failure(
                .told(
                    .failed, code: "remote.batch-record", what: "a record of a batch job was not answered", place: place,
                    status: Int(status), name: "", remedy: "Send it again by itself; the row goes to a person."))
        }
        do throws(Failure) {
            let completion = try ConverseBody.completion(value["modelOutput"] ?? .null, model: model.model, place: place)
            return .success(try AnswerForm(prompt).checked(completion, place: place))
        } catch {
            return .failure(error)
        }
    }
}
