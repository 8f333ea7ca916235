package import Records

/// Wording of what stops a replay against a simulated fleet.
extension Failure {
    static func fleetColumns(_ feed: String, found: String, column: String? = nil, expected: String? = nil) -> Failure {
        let names = FleetFeed.Source.allCases.map(\.rawValue)
        let near = column.flatMap { Nearest.name(to: $0, among: names) }.map { "Did you mean '\($0)'? " } ?? ""
        return Failure(
            .usage, code: "fleet.columns", what: "the job does not read what the simulated fleet says", place: "feed '\(feed)'",
            found: found,
            expected: expected ?? "columns from \(names.joined(separator: ", "))",
            remedy: near + "Name a job over the files of `pipeline simulate maintenance`, such as jobs/maintenance.yaml.")
    }

    static func fleetStage(_ job: String, stage: String) -> Failure {
        Failure(
            .usage, code: "fleet.stage", what: "only a maintenance job can be tried on a simulated fleet", place: "job '\(job)'",
            found: "the stage \(stage)", expected: "the stage maintenance",
            remedy: "Name a job of that stage, such as jobs/maintenance.yaml, or leave --fleet out.")
    }

    static func fleetFeed(_ feed: String, _ found: String) -> Failure {
        Failure(
            .usage, code: "fleet.feed", what: "the simulated fleet has no lists and no event log", place: "feed '\(feed)'", found: found,
            expected: "readings and failures alone", remedy: "Leave it out of the job that is tried, with what refers to it.")
    }

    static func fleetCosts(_ job: String) -> Failure {
        Failure(
            .usage, code: "fleet.costs", what: "the policy does not say what a failure and a repair cost", place: "job '\(job)'",
            expected: "an outcome that costs if failing (`run-on`) and one that costs if sound (`repair`)",
            remedy: "Declare both under `policy: outcomes`, as jobs/maintenance.yaml does.")
    }

    static func fleetModel(_ name: String, family: String) -> Failure {
        Failure(
            .usage, code: "fleet.model", what: "the model knows no life left", place: name, found: "a model of the family \(family)",
            expected: "one of the family life", remedy: "Train the job with `family: life`, or leave out the policies that ask a model.")
    }

    static func fleetStep(_ step: String) -> Failure {
        Failure(
            .usage, code: "fleet.step", what: "the simulated fleet cannot be read in the job's steps", place: "stages: maintenance: step",
            found: step, expected: "whole hours that divide a day: 1, 2, 3, 4, 6, 8, 12 or 24", remedy: "Give the job such a step.")
    }

    static func fleetTwice(_ what: String, _ name: String) -> Failure {
        Failure(
            .usage, code: "fleet.twice", what: "a \(what) is named twice", found: name, expected: "each once",
            remedy: "A fleet of the same seed is the same fleet: it would only make the interval look narrower.")
    }

    package static func fleetPolicy(_ name: String) -> Failure {
        let forms = FleetPolicy.forms
        let near = Nearest.name(to: name, among: forms).map { "Did you mean '\($0)'?" } ?? ""
        return Failure(
            .usage, code: "fleet.policy", what: "no such policy", place: "--policies", found: name,
            expected: forms.joined(separator: ", "), remedy: near)
    }
}
