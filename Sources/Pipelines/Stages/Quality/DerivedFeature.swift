import Records

/// A feature that a job declares as arithmetic over its number columns: `power = torque * speed`.
struct DerivedFeature {
    private indirect enum Term {
        case column(Int)
        case constant(Double)
        case operation(RuleNode.Arithmetic, Term, Term)
    }
    /// What it may be made of.
    static let types = QualitySettings.numberTypes

    let name: String
    /// As written, in one spelling.
    let text: String
    private let term: Term

    /// Declarations as a parameter holds them: `name = expression`, one a line.
    static func declarations(_ text: String?) -> [(name: String, expression: String)] {
        (text ?? "").split(whereSeparator: { $0 == "\n" || $0 == ";" }).compactMap { line in
            let parts = line.split(separator: "=", maxSplits: 1)
            let name = parts.first.map { String($0).trimmed } ?? ""
            return name.isEmpty ? nil : (name, parts.count == 2 ? String(parts[1]).trimmed : "")
        }
    }

    /// - Throws: an expression that cannot be read, is not arithmetic, or names no number column.
    init(_ name: String, _ expression: String, schema: Schema) throws(Failure) {
        let parsed: RuleExpression
        do throws(RuleProblem) {
            parsed = try RuleParser.parse(expression)
        } catch {
            throw .derivedExpression(name, expression, found: "something else at character \(error.offset + 1)")
        }
        (self.name, text) = (name, parsed.text)
        term = try Self.term(parsed.root, of: name, in: expression, schema: schema)
    }

    private static func term(_ node: RuleNode, of name: String, in text: String, schema: Schema) throws(Failure) -> Term {
        switch node.kind {
        case .number(let digits): return .constant(Double(digits) ?? .nan)
        case .negative(let inner): return .operation(.minus, .constant(0), try term(inner, of: name, in: text, schema: schema))
        case .arithmetic(let operation, let left, let right):
            return .operation(
                operation, try term(left, of: name, in: text, schema: schema), try term(right, of: name, in: text, schema: schema))
        case .name(let column, nil):
            guard let index = schema.index(of: column) else {
                throw .stageColumnMissing(
                    "quality", "derived", column, nearest: Nearest.name(to: column, among: schema.fields.map(\.name)))
            }
            guard QualitySettings.isNumber(schema.fields[index].type) else {
                throw .stageColumnType("quality", "derived", column, schema.fields[index].type.name, QualitySettings.numberTypes)
            }
            return .column(index)
        default: throw .derivedExpression(name, text, found: "`\(node.text)`")
        }
    }

    /// Columns that it is made of.
    var columns: Set<Int> { Self.columns(term) }

    private static func columns(_ term: Term) -> Set<Int> {
        switch term {
        case .column(let index): [index]
        case .constant: []
        case .operation(_, let left, let right): columns(left).union(columns(right))
        }
    }

    /// A value a row; NaN where a column has none, and where the result is not finite (a division by zero).
    func values(_ batch: RecordBatch) -> [Double] {
        evaluate(term, batch).map { $0.isFinite ? $0 : .nan }
    }

    private func evaluate(_ term: Term, _ batch: RecordBatch) -> [Double] {
        switch term {
        case .column(let index): MaintenanceStage.numbers(batch.columns[index])
        case .constant(let value): [Double](repeating: value, count: batch.count)
        case .operation(let operation, let left, let right):
            zip(evaluate(left, batch), evaluate(right, batch)).map { RuleProgram.apply(operation, $0, $1) }
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(String(drop(while: \.isWhitespace)).reversed().drop(while: \.isWhitespace).reversed())
    }
}

extension Failure {
    static func derivedExpression(_ name: String, _ text: String, found: String) -> Failure {
        Failure(
            .job, code: "stage.derived", what: "a derived feature cannot be computed", place: "quality.derived.\(name)",
            found: "\(found) in `\(text)`", expected: "numbers, number columns, + - * / and parentheses",
            remedy: "Write it such as `power: torque * speed`.")
    }

    static func qualityNameTwice(_ name: String) -> Failure {
        Failure(
            .job, code: "stage.feature-twice", what: "two features have one name", place: "quality.derived", found: "`\(name)` twice",
            expected: "a name of its own for each", remedy: "Rename the derived feature.")
    }

    static func qualitySound(_ name: String, known: [String]) -> Failure {
        Failure(
            .job, code: "stage.class-unknown", what: "this is no class", place: "quality.sound", found: "`\(name)`",
            expected: "one of \(known.joined(separator: ", "))", remedy: "Name columns that stand under `classes`.")
    }

    static func qualityClassUsed(_ name: String) -> Failure {
        Failure(
            .job, code: "stage.class-used", what: "a class cannot be an input", place: "quality.inputs", found: "`\(name)`",
            expected: "what is known before the piece is inspected", remedy: "Take it out of the inputs, derived features and charts.")
    }
}
