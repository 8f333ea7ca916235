import Connectors
import Foundation
import Pipelines
import Records
import ReviewWeb

/// Pages over a small warehouse in a folder of its own: a job of cards, one run, some items; removed when the test ends.
final class SiteFixture {
    static let clock = Timestamp(iso8601: "2026-03-01T00:00:00Z")!
    static let ann = ReviewPerson(actor: "ann", host: "desk-1")
    static let bob = ReviewPerson(actor: "bob", host: "desk-2")
    static let port = 8_080

    let folder: URL
    let warehouse: Warehouse
    let key = SessionKey()
    let site: Site
    var path: String { folder.appendingPathComponent("pipeline.db").path }

    /// - Parameter edit: of the job file.
    init(edit: (String) -> String = { $0 }) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-pages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("job.yaml").path
        try edit(Self.job).write(toFile: file, atomically: true, encoding: .utf8)
        let job = try Job.load(path: file)
        let base = folder.appendingPathComponent("pipeline.db").path
        warehouse = try Warehouse(path: base)
        try warehouse.write { database in
            let store = RunStore(database)
            try store.register(job)
            _ = try store.create(
                RunRecord(
                    job: job.name, clock: Self.clock, seed: 1, status: .done, jobDigest: job.digest, policyDigest: job.policyDigest,
                    inputDigest: "i", listDigest: "l", versions: []))
        }
        let now = Self.clock + .hours(1)
        site = Site(
            warehouse: warehouse, configuration: .init(port: Self.port),
            environment: Records.Environment(now: { now }, actor: Self.ann.actor, host: Self.ann.host, processIdentifier: 1), key: key)
    }

    deinit {
        warehouse.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func item(_ key: String, version: Int = 1, value: Int64 = 100, edit: (inout ReviewItem) -> Void = { _ in }) -> ReviewItem {
        var item = ReviewItem(
            run: 1, job: "bank", queue: "fraud", key: key, version: version, eventTime: Self.clock - .hours(5), score: 0.62,
            value: Money(minor: value, currency: Currency("EUR")!), cause: "cost", suggested: "hold", interim: "hold",
            reasons: ["amount 430.96 is 5.3 times this card's 30-day mean", "on a weekend"],
            evidence: [
                Evidence(
                    title: "last ten transactions of this card", columns: ["time", "amount", "terminal", "known as"],
                    rows: [
                        [(Self.clock - .hours(5)).iso8601, "430.96 EUR", "T1", ""],
                        [(Self.clock - .days(2)).iso8601, "12.00 EUR", "T2", "fraud"],
                        [(Self.clock - .days(3)).iso8601, "80.10 EUR", "T1", "genuine"],
                    ])
            ],
            fields: [NamedText("customer", "C1"), NamedText("amount", "430.96")], created: Self.clock, due: Self.clock + .days(2),
            onOverdue: "hold")
        edit(&item)
        return item
    }

    func insert(_ items: [ReviewItem]) throws { try warehouse.write { try ReviewStore($0).insert(items) } }

    func entry(_ id: Int64) throws -> ReviewEntry { try warehouse.read { try ReviewStore($0).show(id) } }

    /// The session's cookie, as the printed address gives it.
    func cookie() throws -> String {
        let reply = site.reply(to: request("GET", "/?token=\(key.token)", cookie: ""))
        return String(try required(reply.header("Set-Cookie")).prefix { $0 != ";" })
    }

    func request(
        _ method: String, _ target: String, cookie: String? = nil, headers: [String: String] = [:], form: [String: String] = [:]
    ) -> PageRequest {
        var all = ["host": "127.0.0.1:\(Self.port)"].merging(headers) { $1 }
        if let cookie = try? cookie ?? self.cookie(), !cookie.isEmpty { all["cookie"] = cookie }
        return PageRequest(method: method, target: target, headers: all, body: Self.encoded(form))
    }

    func get(_ target: String, language: String = "en") -> PageReply {
        site.reply(to: request("GET", target, headers: ["accept-language": language]))
    }

    /// As a browser sends a form of the pages, with its token.
    func post(_ target: String, _ form: [String: String] = [:]) throws -> PageReply {
        site.reply(to: request("POST", target, form: form.merging(["csrf": try csrf()]) { $1 }))
    }

    func csrf() throws -> String {
        let page = get("/").body
        let start = try required(page.range(of: "name=\"csrf\" value=\"")).upperBound
        return String(page[start...].prefix { $0 != "\"" })
    }

    static func encoded(_ form: [String: String]) -> String {
        form.sorted { $0.key < $1.key }.map { name, value in
            let text = value.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "\(name)=\(text)"
        }.joined(separator: "&")
    }

    private struct Missing: Error {}

    func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }

    static let job = """
        version: 1
        job: bank
        feeds:
          transactions:
            role: main
            format: csv
            files: transactions/*.csv
            columns:
              transaction: { type: int64 }
              time:        { type: timestamp, format: "yyyy-MM-dd HH:mm:ss", zone: UTC }
              customer:    { type: string, personal: true }
              terminal:    { type: string }
              amount:      { type: money, currency: EUR }
            key: transaction
            event-time: time
        stages:
          - fraud: { customer: customer, terminal: terminal, amount: amount }
        policy:
          outcomes:
            clear:  { cost: { if: fraud, pay: amount } }
            hold:   { cost: { if: genuine, pay: 25 EUR }, reversible: true }
            review: { cost: 4 EUR }
        review: { queue: fraud, capacity: 5/day, over-capacity: hold, due: 2bd, on-overdue: hold, audit-sample: 2% }
        results: bank_scores
        """
}

extension PageReply {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
