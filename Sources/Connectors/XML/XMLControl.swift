public import Records

/// Compares what documents state of themselves with what stands in them.
public enum XMLControl {
    /// Figures kept of one document.
    static let limit = 10_000

    /// Parses the document once.
    ///
    /// Groups whose end a broken document does not reach have no figure. Of more than 10,000 figures, those that agree are left out
    /// first. A balance whose opening or closing is not stated has `stated` nil.
    ///
    /// - Parameters:
    ///   - columns: the feed's; an amount may be the name of one.
    ///   - options: the feed's settings (`rows`, `namespaces`).
    /// - Returns: a figure for each control and group, in the order of controls, then of the groups' ends.
    /// - Throws: paths that are none (kind `job`), or a file that cannot be read.
    public static func figures(
        of file: FeedFile, columns: [FeedColumn], options: [String: ParameterValue], controls: [FeedControl], bufferBytes: Int = 1 << 18
    ) throws(Failure) -> [ControlFigure] {
        let feed = try XMLFeedPaths(options)
        var checks: [XMLControlCheck] = []
        for control in controls {
            let rows = if let over = control.over { try feed.rows(over) } else { feed.rows }
            checks.append(try XMLControlCheck(control, rows: rows, feed: feed, columns: columns, file: file.name))
        }
        guard !checks.isEmpty else { return [] }
        let parser = try XMLParser(file, bufferBytes: bufferBytes, plans: checks.flatMap(\.plans))
        while !parser.isAtEnd {
            if try parser.step({ _ in }) != nil { throw .xmlConditionAfterRow(feed.rows.text, place: file.name) }
            parser.input.forget(before: parser.machines[0].offset)
        }
        return checks.flatMap(\.groups.figures)
    }
}

extension XMLFeedPaths {
    func rows(_ text: String) throws(Failure) -> XMLRowsPath {
        do throws(XMLPathProblem) { return try XMLPathParser.rows(text, namespaces) } catch {
            throw .xmlRowsPath(text, problem: error.phrase)
        }
    }
}

/// One control: a machine for the records and one for the groups, in the same parse.
private final class XMLControlCheck {
    let groups: XMLControlGroups
    let plans: [(plan: XMLPlan, receiver: XMLRowReceiver)]

    init(_ control: FeedControl, rows: XMLRowsPath, feed: XMLFeedPaths, columns: [FeedColumn], file: String) throws(Failure) {
        func source(_ text: String) throws(Failure) -> XMLSource {
            do throws(XMLPathProblem) { return try XMLPathParser.source(text, feed.namespaces) } catch {
                throw .xmlControlPath(text, control: control.name, problem: error.phrase)
            }
        }
        let stated = try source(control.stated)
        // What the stated figure's `..` lead to is the group.
        var up: Int?
        if case .path(.row(let levels), _, _, _)? = stated.alternatives.first { up = levels }
        let amountText = control.amount.map { amount in columns.first { $0.field.name == amount }?.source ?? amount }
        let amount = try amountText.map(source)
        let sign = try control.sign.map(source)
        let opening = try control.opening.map(source)
        let label = try control.label.map(source)
        let isSummed = control.kind != .rows
        guard !isSummed || amount != nil else { throw .xmlControlPath("", control: control.name, problem: "'of' names no amount") }
        do throws(XMLPathProblem) {
            let groupRows = try Self.groups(of: rows, above: up)
            let groupSources = [
                stated.lowered(by: up), try stated.beside(sign)?.lowered(by: up), opening?.lowered(by: up),
                try opening?.beside(sign)?.lowered(by: up), label,
            ]
            let recordSources = isSummed ? [amount, try amount?.beside(sign)] : []
            var recordPlan = try Self.plan(rows, recordSources)
            let scope = up == nil || up == 0 ? nil : try recordPlan.ask(above: up ?? 0)
            let records = XMLControlRecords(scope: scope, isGroupRow: up == 0, isSummed: isSummed, negative: control.negative)
            groups = XMLControlGroups(control, records: records, file: file)
            plans = [(recordPlan, records), (try Self.plan(groupRows, groupSources), groups)]
        } catch {
            throw .xmlControlPath(control.stated, control: control.name, problem: error.phrase)
        }
    }

    private static func plan(_ rows: XMLRowsPath, _ sources: [XMLSource?]) throws(XMLPathProblem) -> XMLPlan {
        let none = XMLSource(text: "", alternatives: [])
        do throws(XMLPlanProblem) { return try XMLPlan(rows: rows, explode: nil, columns: sources.map { $0 ?? none }) } catch {
            switch error {
            case .rows(let phrase), .column(_, let phrase): throw XMLPathProblem(phrase: phrase)
            }
        }
    }

    /// The elements so many levels above the rows, without conditions, so that they are numbered as the records number them.
    private static func groups(of rows: XMLRowsPath, above up: Int?) throws(XMLPathProblem) -> XMLRowsPath {
        guard let up else { return XMLRowsPath(text: rows.text, paths: [[XMLStep(isDescendant: false, name: XMLNameTest())]]) }
        var paths: [[XMLStep]] = []
        for path in rows.paths {
            guard up < path.count, up == 0 || !path[(path.count - up)...].contains(where: { $0.isDescendant }) else {
                throw XMLPathProblem(phrase: "it leads above the elements that 'rows' names")
            }
            let steps = path[..<(path.count - up)].map { XMLStep(isDescendant: $0.isDescendant, name: $0.name) }
            if !paths.contains(steps) { paths.append(steps) }
        }
        return XMLRowsPath(text: rows.text, paths: paths)
    }
}

extension XMLSource {
    /// Seen from the group itself.
    fileprivate func lowered(by up: Int?) -> XMLSource {
        guard let up else { return self }
        return map { origin, path in
            if case .row(let levels) = origin { return (.row(up: max(0, levels - up)), path) }
            return (origin, path)
        }
    }

    /// What stands beside each alternative's element.
    fileprivate func beside(_ other: XMLSource?) throws(XMLPathProblem) -> XMLSource? {
        guard let other else { return nil }
        guard case .path(.row(up: 0), let tail, _, _)? = other.alternatives.first, other.alternatives.count == 1 else {
            throw XMLPathProblem(phrase: "'sign' is not a path from the element around the amount")
        }
        return map { origin, path in
            var steps = path.steps
            if case .attribute = path.value {} else if !steps.isEmpty { steps.removeLast() }
            return (origin, XMLValuePath(steps: steps + tail.steps, value: tail.value))
        }
    }

    private func map(_ change: (Origin, XMLValuePath) -> (Origin, XMLValuePath)) -> XMLSource {
        XMLSource(
            text: text,
            alternatives: alternatives.compactMap { alternative in
                guard case .path(let origin, let path, let selection, let isSpaceNormalized) = alternative else { return nil }
                let (newOrigin, newPath) = change(origin, path)
                return .path(newOrigin, newPath, selection, isSpaceNormalized: isSpaceNormalized)
            })
    }
}

/// What was counted and summed of one group so far.
private struct XMLControlTally {
    var count: Int64 = 0
    var sum = ControlSum()
    var unreadable: Int64 = 0
}

private final class XMLControlRecords: XMLRowReceiver {
    private let scope: Int?
    private let isGroupRow: Bool
    private let isSummed: Bool
    private let negative: [[UInt8]]
    /// Of groups whose end has not come.
    private var tallies: [Int64: XMLControlTally] = [:]
    private var rows: Int64 = 0

    init(scope: Int?, isGroupRow: Bool, isSummed: Bool, negative: [String]) {
        (self.scope, self.isGroupRow, self.isSummed) = (scope, isGroupRow, isSummed)
        self.negative = negative.map { Array($0.utf8) }
    }

    override func take(_ fields: UnsafeMutableBufferPointer<XMLField>, _ place: XMLRowPlace) {
        rows += 1
        let group = scope.map { place.ordinals[$0] } ?? (isGroupRow ? rows : 1)
        tallies[group, default: XMLControlTally()].count += 1
        guard isSummed else { return }
        if let amount = value(fields[0].text, sign: fields[1].text), tallies[group, default: XMLControlTally()].sum.add(amount) { return }
        tallies[group, default: XMLControlTally()].unreadable += 1
    }

    func value(_ amount: UnsafeBufferPointer<UInt8>, sign: UnsafeBufferPointer<UInt8>) -> ControlSum? {
        guard let value = ControlSum(amount) else { return nil }
        return negative.contains { $0.elementsEqual(sign) } && !sign.isEmpty ? -value : value
    }

    func end(of group: Int64) -> XMLControlTally { tallies.removeValue(forKey: group) ?? XMLControlTally() }
}

private final class XMLControlGroups: XMLRowReceiver {
    private let control: FeedControl
    private let records: XMLControlRecords
    private var group: Int64 = 0
    private(set) var figures: [ControlFigure] = []
    private let file: String

    init(_ control: FeedControl, records: XMLControlRecords, file: String) {
        (self.control, self.records, self.file) = (control, records, file)
    }

    /// Fields: the stated figure and its sign, the opening and its sign, the group's label.
    override func take(_ fields: UnsafeMutableBufferPointer<XMLField>, _ place: XMLRowPlace) {
        group += 1
        let tally = records.end(of: group)
        var stated = fields[0].text.isEmpty ? nil : String(decoding: fields[0].text, as: UTF8.self)
        if let text = stated, !fields[1].text.isEmpty { stated = records.value(fields[0].text, sign: fields[1].text)?.description ?? text }
        var computed = control.kind == .rows ? ControlSum(tally.count) : tally.sum
        var unreadable = tally.unreadable
        if control.kind == .balance {
            if fields[2].text.isEmpty {
                stated = nil
            } else if let opening = records.value(fields[2].text, sign: fields[3].text), computed.add(opening) {
            } else {
                unreadable += 1
            }
        }
        let label = fields[4].text.isEmpty ? (group > 1 ? " \(group)" : "") : " " + String(decoding: fields[4].text, as: UTF8.self)
        let figure = ControlFigure(
            name: control.name, place: file + label, stated: stated, computed: computed.description,
            line: stated == nil ? place.line : Int64(fields[0].line), unreadable: unreadable)
        if figures.count < XMLControl.limit {
            figures.append(figure)
        } else if !figure.agrees, let agreeing = figures.lastIndex(where: \.agrees) {
            figures.remove(at: agreeing)
            figures.append(figure)
        }
    }
}
