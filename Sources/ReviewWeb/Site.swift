package import Connectors
import Pipelines
package import Records
import Synchronization

/// The analysts' pages over one warehouse: a request in, a reply out. Knows no network; claims and decides through `ReviewQueue`, as the
/// terminal does.
///
/// Calls block on the database: give them a thread of their own.
package final class Site: Sendable {
    package struct Configuration: Sendable {
        /// Where `/` leads; nil = the first by name.
        package var queue: String?
        package var lease: Timestamp.Span
        package var port: Int

        package init(queue: String? = nil, lease: Timestamp.Span = .minutes(30), port: Int) {
            (self.queue, self.lease, self.port) = (queue, lease, port)
        }
    }

    let warehouse: Warehouse
    let configuration: Configuration
    let environment: Records.Environment
    let gate: Gate
    /// The model loaded last.
    private let model = Mutex<ReasonWeights.Model?>(nil)

    package init(warehouse: Warehouse, configuration: Configuration, environment: Records.Environment, key: SessionKey) {
        (self.warehouse, self.configuration, self.environment) = (warehouse, configuration, environment)
        gate = Gate(key: key, port: configuration.port)
    }

    var person: ReviewPerson { ReviewPerson(environment) }

    package func reply(to request: PageRequest) -> PageReply {
        var reply = gate.refusal(request) ?? answer(request)
        reply.headers += Gate.headers
        return reply
    }

    private func answer(_ request: PageRequest) -> PageReply {
        let words = Words(language: language(of: request))
        do throws(Failure) {
            switch (request.method == .post, Route(request.path)) {
            case (false, .queue): return try queuePage(request, words)
            case (false, .item(let id)): return try itemPage(id, request, words)
            case (false, .language): return changeLanguage(request)
            case (false, .asset(let asset)): return asset.reply
            case (true, .claim(let id)), (true, .release(let id)), (true, .decide(let id)): return try act(on: id, request, words)
            case (true, .next): return try next(request)
            case (_, .unknown):
                return try problem(Problem(status: 404, text: .text(words("There is no such page.", "そのページはありません。"))), words)
            default: return .plain(405, "Not so.", headers: [("Allow", request.method == .post ? "GET, HEAD" : "POST")])
            }
        } catch {
            let entry: ReviewEntry? = nil
            return (try? problem(Problem(error, entry: entry, words: words), words)) ?? .plain(500, error.description)
        }
    }

    // MARK: Frame

    /// The one chosen with the switch, else what the browser likes best.
    private func language(of request: PageRequest) -> Language {
        request.cookie("pipeline_language").flatMap(Language.init(rawValue:)) ?? Language(accepted: request.headers["accept-language"])
    }

    private func changeLanguage(_ request: PageRequest) -> PageReply {
        guard let language = Language(rawValue: request.query["to"] ?? "") else { return .plain(404, "No such language.") }
        let from = request.query["from"] ?? "/"
        // Only to pages of this server: an item's, else the queue.
        let target = if case .item(let id) = Route(from) { "/items/\(id)" } else { "/" }
        let cookie = "pipeline_language=\(language.rawValue); Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict"
        return .redirect(to: target, headers: [("Set-Cookie", cookie)])
    }

    func frame(path: String, queue: String?, counts: [ReviewStore.Counts], _ words: Words) -> PageFrame {
        var open: [(name: String, open: Int)] = []
        for count in counts {
            if open.last?.name == count.queue { open[open.count - 1].open += count.open } else { open.append((count.queue, count.open)) }
        }
        return PageFrame(
            words: words, person: person, now: environment.now(), csrf: gate.key.form, path: path, queues: open, queue: queue)
    }

    private func problem(_ problem: Problem, _ words: Words) throws(Failure) -> PageReply {
        let now = environment.now()
        let counts = try warehouse.read { try ReviewStore($0).counts(now: now) }
        let frame = frame(path: "/", queue: nil, counts: counts, words)
        return frame.reply(
            words("Problem", "問題"), status: problem.status,
            [
                frame.banner([problem.text], isAlarm: true),
                .tag("p", [:], .tag("a", ["href": "/"], .text(words("To the queue", "キューへ")))),
            ])
    }

    // MARK: Pages

    private func queuePage(_ request: PageRequest, _ words: Words) throws(Failure) -> PageReply {
        let now = environment.now()
        let filter = ReviewStore.Filter(rawValue: request.query["show"] ?? "") ?? .open
        let order = ReviewStore.Order(rawValue: request.query["order"] ?? "") ?? .value
        let page = min(max(Int(request.query["page"] ?? "") ?? 0, 0), 1_000_000)
        let wanted = request.query["queue"] ?? configuration.queue
        let found = try warehouse.read { database in
            let store = ReviewStore(database)
            let counts = try store.counts(now: now)
            // The one that pays most, where none is asked for.
            let queue = wanted ?? counts.max { ($0.open, $1.queue) < ($1.open, $0.queue) }?.queue ?? ""
            let entries = try store.list(
                queue: queue, filter: filter, order: order, now: now, limit: QueuePage.rows + 1, offset: page * QueuePage.rows)
            return (queue, counts, entries, try self.note(request, words, store))
        }
        let (queue, counts, entries, note) = found
        return QueuePage(
            frame: frame(path: "/", queue: queue, counts: counts, words), queue: queue, counts: counts.filter { $0.queue == queue },
            entries: Array(entries.prefix(QueuePage.rows)), filter: filter, order: order, page: page,
            hasMore: entries.count > QueuePage.rows, note: note
        ).reply
    }

    /// What the redirect that led here did.
    private func note(_ request: PageRequest, _ words: Words, _ store: ReviewStore) throws(Failure) -> HTML? {
        if request.query["nothing"] != nil { return .text(words("Nothing is left to decide in this queue.", "このキューに未処理の案件はありません。")) }
        guard let id = request.query["done"].flatMap(Int64.init), let last = try store.show(id).decisions.last else { return nil }
        return .text(words("Item \(id) is decided: ", "案件 \(id) を決定しました: ")) + .tag("strong", [:], .foreign(last.outcome)) + ". "
            + .tag("a", ["href": "/items/\(id)"], .text(words("Look at it again", "もう一度見る")))
    }

    private func itemPage(
        _ id: Int64, _ request: PageRequest, _ words: Words, failure: Failure? = nil
    ) throws(Failure) -> PageReply {
        let (now, person) = (environment.now(), person)
        let known = model.withLock { $0 }
        let found = try warehouse.read { database in
            let store = ReviewStore(database)
            let entry = try store.show(id)
            return (
                entry, try? ReviewChoices.of(entry.item, in: database), try? ReasonWeights.of(entry.item, known: known, in: database),
                try store.recentReasons(queue: entry.item.queue, by: person, limit: 8), try store.counts(now: now),
                try self.note(request, words, store), try DraftStore(database).newest(of: entry.item)
            )
        }
        let (entry, choices, weights, reasons, counts, note, draft) = found
        if let weights { model.withLock { $0 = weights.model } }
        return ItemPage(
            frame: frame(path: "/items/\(id)", queue: entry.item.queue, counts: counts, words), entry: entry, choices: choices,
            weights: weights?.weights, recentReasons: reasons, note: failure == nil ? note : nil,
            problem: failure.map { Problem($0, entry: entry, words: words) },
            draft: draft, typed: request.form["reason"] ?? (entry.state.decision == nil ? draft?.reason : nil) ?? "",
            typedAmount: request.form["amount"] ?? ""
        ).reply
    }

    // MARK: Changes

    /// Claims the item that pays most, and goes there.
    private func next(_ request: PageRequest) throws(Failure) -> PageReply {
        let queue = request.form["queue"] ?? ""
        guard let entry = try ReviewQueue(warehouse).next(in: queue, by: person, now: environment.now(), lease: configuration.lease) else {
            return .redirect(to: "/?queue=\(PageFrame.encoded(queue))&nothing=")
        }
        return .redirect(to: "/items/\(entry.item.id)")
    }

    /// Claims, releases or decides; a refusal shows the item as it is now, with what stood against it and the reason as it was typed.
    private func act(on id: Int64, _ request: PageRequest, _ words: Words) throws(Failure) -> PageReply {
        let (queue, now) = (ReviewQueue(warehouse), environment.now())
        do throws(Failure) {
            switch Route(request.path) {
            case .claim: _ = try queue.claim(id, by: person, now: now, lease: configuration.lease)
            case .release: try queue.release(id, by: person, now: now)
            default: return try decide(id, request, queue, now)
            }
            return .redirect(to: "/items/\(id)")
        } catch {
            guard error.code.hasPrefix("review."), error.code != "review.item-missing" else { throw error }
            return try itemPage(id, request, words, failure: error)
        }
    }

    private func decide(_ id: Int64, _ request: PageRequest, _ queue: ReviewQueue, _ now: Timestamp) throws(Failure) -> PageReply {
        let choices = try warehouse.read { try ReviewChoices.of(try ReviewStore($0).show(id).item, in: $0) }
        let outcome = request.form["outcome"] ?? ""
        let word = request.form["is"].flatMap { $0.isEmpty ? nil : $0 }
        let entry = try queue.decide(
            id, outcome: outcome, isPositive: try choices.label(word: word, outcome: outcome), reason: request.form["reason"] ?? "",
            amount: try choices.amount(request.form["amount"], outcome: outcome), by: person, now: now, outcomes: choices.outcomes,
            replacing: request.form["replace"] == "yes")
        let name = entry.item.queue
        guard let next = try queue.next(in: name, by: person, now: now, lease: configuration.lease) else {
            return .redirect(to: "/?queue=\(PageFrame.encoded(name))&done=\(id)&nothing=")
        }
        return .redirect(to: "/items/\(next.item.id)?done=\(id)")
    }
}
