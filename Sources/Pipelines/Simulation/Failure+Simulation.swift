package import Records

/// Wording of what can be wrong with a simulation.
extension Failure {
    package static func simulationRange(_ name: String, _ value: Int, _ range: ClosedRange<Int>) -> Failure {
        Failure(
            .usage, code: "simulation.range", what: "the number of \(name) is out of range", found: "\(value)",
            expected: "\(range.lowerBound) to \(range.upperBound)", remedy: "Nothing was written.")
    }

    static func simulationDivisor(_ name: String, _ value: Int, of whole: Int) -> Failure {
        Failure(
            .usage, code: "simulation.divisor", what: "\(name) does not divide a day", found: "\(value)",
            expected: (1...whole).filter { whole % $0 == 0 }.map(String.init).joined(separator: ", "), remedy: "Nothing was written.")
    }

    package static func simulationStatementDay(_ day: String, first: String, last: String) -> Failure {
        Failure(
            .usage, code: "simulation.statement-day", what: "the day of the statement is not simulated", found: day,
            expected: "a day from \(first) to \(last)", remedy: "Nothing was written.")
    }

    package static func simulationFolderTaken(_ path: String) -> Failure {
        Failure(
            .usage, code: "simulation.folder-taken", what: "the folder already holds files", place: path,
            expected: "a folder without transactions/, chargebacks/ and camt/",
            remedy: "Remove them or name another folder: days of two simulations must not mix.")
    }

    package static func simulationFolderUnwritable(_ path: String) -> Failure {
        Failure(
            .usage, code: "simulation.folder-unwritable", what: "the folder cannot be created", place: path,
            expected: "a place where this account may write", remedy: "Name another folder with --out.")
    }
}
