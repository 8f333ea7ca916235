public import Models
public import Records

/// Precision and recall of the recognisers on a file whose spans people marked.
public enum MaskMeasurement {
    public struct Row: Sendable {
        public var kind: SensitiveKind
        public var figures: SpanScore.Figures
    }

    /// Kinds that are neither marked nor found in the file are left out.
    ///
    /// - Parameter spans: column with the marks, `TYPE:start:end;…` in Unicode scalars.
    /// - Throws: a file, a column or marks that cannot be read.
    public static func rows(_ path: String, text: String, spans: String, scanner: SensitiveScanner) throws(Failure) -> [Row] {
        let file = try TextColumns(path: path, columns: [text, spans])
        var score = SpanScore()
        for row in 0..<file.count {
            guard let marks = SpanScore.marks(file.columns[1][row], in: file.columns[0][row]) else {
                throw Failure(
                    .failed, code: "mask.marks", what: "the marks of a text cannot be read", place: "\(path), record \(row + 1)",
                    expected: "TYPE:start:end, separated by `;`, within the text", remedy: "Name the column that holds the marks.")
            }
            score.add(scanner.spans(in: file.columns[0][row]), marks: marks)
        }
        return SensitiveKind.allCases.compactMap { kind in score.figures[kind].map { Row(kind: kind, figures: $0) } }
    }
}
