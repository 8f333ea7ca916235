import Models
import Records

/// What the report of a quality job shows besides.
package struct PieceReport: Sendable {
    package var charts: Shown<ControlHistory>
    package var defects: Shown<DefectHistory>
    package var reasons: Shown<ReasonCounts>

    /// - Parameter last: the newest run.
    init(_ source: ReportSource, last: RunRecord) throws {
        let model = try source.model(ofRun: last.id).map { (run: last, classifier: $0) }
        charts = try ControlHistory.read(source, model: model)
        defects = try DefectHistory.read(source, model: model)
        reasons = try ReasonCounts.read(source)
    }
}
