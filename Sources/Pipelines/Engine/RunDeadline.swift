import Records

/// When a run stops asking its model: rows after that are decided all the same, by the job's rules and by the outcome that its deadline
/// declares.
///
/// What depends on a clock must not depend on it twice: the block from which on it had passed is kept with the run, a resumed run goes on
/// from there without the model, and a replay does the same whatever its own clock says.
struct RunDeadline: Sendable {
    /// Why a person is asked about a row.
    static let remark = "the job's deadline had passed: no model scored this row"

    /// Of a run that has passed it already.
    var place: RunRecord.Place?
    /// Asked before every block while there is no place.
    var isOver: @Sendable () -> Bool

    /// Whether a block that begins after a row of a file is decided without the model.
    func hasPassed(atFile file: Int, row: Int64) -> Bool {
        guard let place else { return isOver() }
        return (file, row) >= (place.file, place.row)
    }
}
