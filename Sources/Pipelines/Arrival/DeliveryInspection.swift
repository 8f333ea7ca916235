import Connectors
import Records

/// What is thought of one new file: what to ask people about it, and whether it is read.
struct DeliveryInspection {
    let job: Job
    let feed: JobFeed
    let file: FeedFile
    let digest: FeedDigest
    let seen: Timestamp
    let clock: Timestamp
    let holidays: Holidays
    let profile: DeliveryProfile
    /// A person has accepted it as it is.
    let wasReleased: Bool
    let isCorrection: Bool

    struct Verdict {
        var taken: ArrivalFindings.Taken
        var items: [ReviewItem] = []
        /// For the person at the terminal.
        var notes: [String] = []
        /// Texts whose rows become rejects, a column each.
        var discards: [String: [String]] = [:]
    }

    static func schemaKey(feed: String, digest: String) -> String { "\(feed)/schema/\(digest.prefix(12))" }

    func verdict(_ history: DeliveryHistory) throws(Failure) -> Verdict {
        let delivery = Delivery(
            job: job.name, feed: feed.name, name: file.name, digest: digest.hex, bytes: digest.bytes, seen: seen, state: .taken,
            rows: profile.rows, rejected: profile.rejected, total: profile.total.map { "\($0)" }, schema: FeedShape(of: profile).json)
        var verdict = Verdict(taken: ArrivalFindings.Taken(delivery: delivery, shape: nil, cause: "first"))
        judgeShape(history, &verdict)
        guard verdict.taken.delivery.state == .taken else { return verdict }
        try judgeFigures(&verdict)
        if feed.arrival.expect != nil { judgeDelivery(history, &verdict) }
        return verdict
    }

    // MARK: Columns, types, values

    private func judgeShape(_ history: DeliveryHistory, _ verdict: inout Verdict) {
        guard let contract = feed.arrival.contract else { return }
        guard let known = history.shape else {
            verdict.taken.shape = FeedShape(of: profile)
            return
        }
        let rows = history.taken.reduce(Int64(0)) { $0 + $1.rows }
        let drift = SchemaDrift(profile, known: known, rows: rows, file: file, feed: feed)
        guard let mode = drift.mode(under: contract) else {
            verdict.taken.shape = known.adding(profile)
            return
        }
        if !wasReleased { verdict.items.append(item(drift, mode: mode)) }
        if !wasReleased, mode == .freeze || mode == .quarantine {
            verdict.taken.delivery.state = mode == .freeze ? .frozen : .quarantined
            verdict.notes.append(
                "\(file.name) is \(mode == .freeze ? "refused" : "set aside"): \(drift.changes[0].text); "
                    + "`pipeline review list --kind schema` shows it")
            return
        }
        if contract.values == .discardRow, !wasReleased { verdict.discards = drift.newTexts }
        verdict.taken.shape = known.adding(profile, discarding: verdict.discards)
        verdict.taken.cause = wasReleased ? "accepted" : "evolved"
        if !wasReleased { verdict.notes.append("\(file.name): \(drift.changes.map(\.text).joined(separator: "; "))") }
    }

    private func item(_ drift: SchemaDrift, mode: ContractMode) -> ReviewItem {
        let waits = mode == .freeze || mode == .quarantine
        let fate: String
        switch mode {
        case .evolve: fate = "the file is read, and this is what the feed looks like from now on"
        case .discardRow: fate = "the file is read; rows with what is new are rejects"
        case .freeze: fate = "the file is refused; `accept` lets the next run read it"
        case .quarantine: fate = "the file is set aside whole; `accept` lets the next run read it, `reject` leaves it out for good"
        }
        let evidence = drift.changes.filter { !$0.samples.isEmpty }.map { change in
            Evidence(
                title: "\(change.column): \(change.cause.rawValue)", columns: ["where", "what stands there"],
                rows: change.samples.map { [$0.place, $0.text] })
        }
        var item = DeliveryItem.make(
            drift.changes[0].cause, job: job, feed: feed.name, subject: "", clock: clock,
            suggested: waits ? ReviewChoices.wait : ReviewChoices.accept, reasons: drift.changes.map(\.text) + [fate],
            evidence: evidence, fields: fields(["contract": mode.rawValue]), holidays: holidays)
        item.key = Self.schemaKey(feed: feed.name, digest: digest.hex)
        return item
    }

    // MARK: Figures

    private func judgeFigures(_ verdict: inout Verdict) throws(Failure) {
        guard let control = feed.arrival.control else { return }
        let figures = try ControlReading(control: control, feed: feed, file: file, digest: digest, profile: profile).figures()
        let differing = figures.filter { control.isOptional ? !$0.agrees : !$0.isMet }
        guard !differing.isEmpty || figures.isEmpty && !control.isOptional else { return }
        let isHeld = control.mismatch == .hold
        verdict.taken.delivery.holds = isHeld
        let table = Evidence(
            title: "control figures of \(file.name)", columns: ["figure", "where", "line", "stated", "found"],
            rows: figures.map { [$0.name, $0.place, $0.line == 0 ? "" : String($0.line), $0.stated ?? "", $0.computed] })
        let reasons = figures.isEmpty ? ["the file states none of the figures declared"] : differing.map { "\($0.place): \($0.text)" }
        verdict.items.append(
            DeliveryItem.make(
                .control, job: job, feed: feed.name, subject: String(digest.hex.prefix(12)), clock: clock,
                suggested: ReviewChoices.reject,
                reasons: reasons + [isHeld ? "the run that reads the file is held" : "the file is read all the same"], evidence: [table],
                fields: fields(), holidays: holidays))
        verdict.notes.append("\(file.name): \(reasons[0])")
    }

    // MARK: Size, doubles, names

    private func judgeDelivery(_ history: DeliveryHistory, _ verdict: inout Verdict) {
        guard let expect = feed.arrival.expect else { return }
        let calendar = DeliveryCalendar(expect, zone: job.zone, holidays: holidays)
        let taken = history.taken.filter { $0.name != file.name }
        let earlier = taken.map { (weekday: calendar.weekday(of: $0.seen), rows: $0.rows) }
        let least = DeliverySize.least(earlier, weekday: calendar.weekday(of: seen), declared: expect.atLeast)
        if let least, profile.rows < least {
            let why = expect.atLeast == nil ? "half the usual" : "as `at-least` says"
            add(
                .short, ["\(file.name) has \(profile.rows) rows, expected at least \(least) (\(why))", "it is read all the same"], &verdict)
        }
        let recent = taken.suffix(DeliverySize.most)
        if !isCorrection, profile.rows > 0, let total = profile.total,
            let twin = recent.last(where: { $0.rows == profile.rows && $0.total == "\(total)" })
        {
            add(
                .duplicate,
                ["\(file.name) has as many rows as \(twin.name) and the same sum, but other bytes", "it is read all the same"], &verdict)
        }
        let forms = Set(recent.map { DeliverySize.form(of: $0.name) })
        if forms.count == 1, recent.count >= DeliverySize.fewest, let form = forms.first, DeliverySize.form(of: file.name) != form {
            add(
                .renamed, ["\(file.name) is not named like the \(recent.count) deliveries before it: \(form)", "it is read all the same"],
                &verdict)
        }
    }

    private func add(_ cause: DeliveryItem.Cause, _ reasons: [String], _ verdict: inout Verdict) {
        verdict.items.append(
            DeliveryItem.make(
                cause, job: job, feed: feed.name, subject: String(digest.hex.prefix(12)), clock: clock, suggested: ReviewChoices.accept,
                reasons: reasons, fields: fields(), holidays: holidays))
        verdict.notes.append(reasons[0])
    }

    /// Rows of the file it corrects that are not in it.
    func item(missing: Correction.Missing) -> ReviewItem {
        DeliveryItem.make(
            .rowsMissing, job: job, feed: feed.name, subject: String(digest.hex.prefix(12)), clock: clock, suggested: ReviewChoices.accept,
            reasons: [
                "\(missing.count) rows of the earlier \(file.name) are not in the one that came now",
                "nothing is deleted: they stay as they are until somebody decides otherwise",
            ],
            evidence: [Evidence(title: "rows that are missing", columns: ["key"], rows: missing.keys.map { [$0] })], fields: fields(),
            holidays: holidays)
    }

    private func fields(_ more: [String: String] = [:]) -> [NamedText] {
        [
            NamedText("file", file.name), NamedText("digest", digest.hex), NamedText("rows", String(profile.rows)),
            NamedText("rejected", String(profile.rejected)), NamedText("arrived", seen.iso8601),
        ] + more.sorted { $0.key < $1.key }.map { NamedText($0.key, $0.value) }
    }
}
