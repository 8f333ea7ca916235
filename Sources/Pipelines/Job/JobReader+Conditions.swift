import Connectors
import Records

extension JobReader {
    /// A condition, parsed and checked against what its names may mean.
    ///
    /// - Parameter scope: nil = there is nothing to check names against; that has its own finding.
    func readCondition(_ value: JobValue, scope: RuleScope?) -> RuleExpression? {
        guard let text = value.text("a condition such as `amount > 220 EUR and not terminal in trusted`") else { return nil }
        let places = ScalarPlaces(of: value, in: findings.source)
        let condition: RuleExpression
        do throws(RuleProblem) {
            condition = try RuleParser.parse(text)
        } catch {
            findings.add(error.message, at: places.place(of: error.offset), path: value.path)
            return nil
        }
        guard let scope else { return condition }
        var typing = RuleTyping(scope)
        _ = typing.condition(condition.root)
        for problem in typing.problems { findings.add(problem.message, at: places.place(of: problem.offset), path: value.path) }
        return condition
    }

    func readSuppressions(_ value: JobValue, scope: RuleScope?) -> [PolicySettings.Suppression]? {
        guard let list = value.list("a list of suppressions, `- { name: …, when: …, until: …, reason: …, owner: … }`") else { return nil }
        var suppressions: [PolicySettings.Suppression] = []
        for item in list {
            guard let entry = JobMapping(item, .suppression) else { continue }
            let name = entry["name"].flatMap { $0.name() }
            if let name, suppressions.contains(where: { $0.name == name }) { entry["name"]?.report(.sameSuppression(name)) }
            let condition = entry["when"].flatMap { readCondition($0, scope: scope) }
            let until = entry["until"].flatMap { value in
                value.read("a day such as 2026-12-31") { text in text.utf8.count == 10 ? Timestamp(iso8601: text)?.day : nil }
            }
            let reason = entry["reason"].flatMap { $0.text() }, owner = entry["owner"].flatMap { $0.text() }
            guard let name, let condition, let until, let reason, let owner else { continue }
            suppressions.append(
                PolicySettings.Suppression(name: name, condition: condition, until: until, reason: reason, owner: owner))
        }
        return suppressions
    }

    /// The calendar without a finding: what is wrong in it has its own.
    func calendar(_ top: JobMapping) -> RuleCalendar {
        let name = top["calendar"]?.peek("zone") ?? "UTC", month = top["calendar"]?.peek("fiscal-year") ?? "january"
        return RuleCalendar(zone: Zone(name) == nil ? "UTC" : name, fiscalYear: RuleCalendar.month(named: month) ?? 1)
    }
}

extension RuleScope {
    /// Of a job file that is being read.
    init(_ main: FeedColumns, lists: [String], stage: StageDefinition?, configuration: StageConfiguration?, calendar: RuleCalendar) {
        let known = Set(main.columns.map(\.field.name))
        self.init(
            columns: main.columns.map { Column($0) }, unreadable: main.names.filter { !known.contains($0) }, label: main.label?.name,
            features: stage.map { stage in stage.features.map { Feature(name: $0.name, unit: stage.units[$0.name]) } },
            currency: configuration.flatMap { RuleScope.currency(of: $0, columns: main.columns) }, lists: lists, calendar: calendar)
    }
}

/// Where the characters of a YAML scalar stand in the file, also behind quotes and on later lines.
///
/// YAML folds lines and undoes escapes, so text and file are walked side by side: white space is passed over in both, everything else must
/// agree.
struct ScalarPlaces {
    private var places: [JobPlace?]
    private let start: JobPlace

    /// - Parameter source: the file's lines.
    init(of value: JobValue, in source: [[Unicode.Scalar]]) {
        start = value.place
        let text = Array((value.literal ?? "").unicodeScalars)
        places = Array(repeating: nil, count: text.count)
        var (line, column) = (start.line - 1, start.column - 1)
        guard source.indices.contains(line), column < source[line].count else { return }
        let first = source[line][column]
        if first == "|" || first == ">" {
            (line, column) = (line + 1, 0)
        } else if first == "'" || first == "\"" {
            column += 1
        }
        let quote: Unicode.Scalar? = first == "'" || first == "\"" ? first : nil
        for index in text.indices where !text[index].properties.isWhitespace {
            while line < source.count, column >= source[line].count || source[line][column].properties.isWhitespace {
                if column >= source[line].count { (line, column) = (line + 1, 0) } else { column += 1 }
            }
            guard line < source.count else { return }
            let place = JobPlace(line: line + 1, column: column + 1)
            // `''` is a quote in single quotes, `\"` and `\\` in double ones.
            let isEscape = quote == "'" && source[line][column] == "'" || quote == "\"" && source[line][column] == "\\"
            if isEscape, column + 1 < source[line].count { column += 1 }
            guard source[line][column] == text[index] else { return }
            places[index] = place
            column += 1
        }
    }

    /// Of a character of the text; the one before it where it has none, the scalar's start where nothing is known.
    func place(of offset: Int) -> JobPlace {
        if offset < places.count, let place = places[offset] { return place }
        guard let last = places.prefix(offset).lastIndex(where: { $0 != nil }), let place = places[last] else { return start }
        return offset >= places.count ? JobPlace(line: place.line, column: place.column + 1) : place
    }
}
