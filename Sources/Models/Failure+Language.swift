package import Records

/// Wording for language models, the ledger and the cascade.
extension Failure {
    package static func encoderMissing(_ digest: String, found: String?) -> Failure {
        Failure(
            .failed, code: "models.encoder-missing", what: "a text classifier rests on a sentence encoder that is not there",
            place: "encoder \(digest.prefix(16))", found: found ?? "none", expected: "the encoder it was trained with",
            remedy: "Train anew with the encoder that is there, or take the other one in with `pipeline models import`.")
    }

    package static func ledgerKeptNothing(model: String, key: String) -> Failure {
        Failure(
            .failed, code: "language.not-recorded", what: "the ledger holds no answer to this prompt", place: model,
            found: "no settled entry with digest \(key.prefix(16))",
            expected: "an answer recorded with the same prompt, model and settings",
            remedy: "Run with the model itself once, or replay the run that asked.")
    }

    package static func budgetSpent(_ unit: String, budget: String, asked: String, left: String) -> Failure {
        Failure(
            .failed, code: "language.budget", what: "the budget does not cover another call", place: "\(budget), \(unit)",
            found: "\(asked) needed at most, \(left) left", expected: "a call within what is left",
            remedy: "Raise the cap, or let the cheaper model and the queue take the rest.")
    }

    package static func ledgerEntry(_ id: Int64, state: String, expected: String) -> Failure {
        Failure(
            .failed, code: "language.ledger-entry", what: "a ledger entry is not in the state its step needs", place: "entry \(id)",
            found: state, expected: expected, remedy: "Another process may have taken over; run `pipeline audit verify`.")
    }

    package static func ledgerPending(model: String, seconds: Int64) -> Failure {
        Failure(
            .tryAgain, code: "language.ledger-pending", what: "the same question is being asked by another process", place: model,
            found: "no answer within \(seconds) s", expected: "that it is answered or given up",
            remedy: "Ask again; the call of a process that has ended on this machine is then counted as lost.")
    }

    package static func priceUnknown(_ model: String) -> Failure {
        Failure(
            .job, code: "language.price-unknown", what: "the price of a model is not known", found: "'\(model)'",
            expected: "a model of `pipeline models check`, or prices in the job",
            remedy: "Give the price per million prompt and answer tokens; without it no cap in money can hold.")
    }

    package static func regionNotAllowed(_ model: String, leavesTo: [String], allowed: [String]) -> Failure {
        Failure(
            .job, code: "language.region", what: "a model can take data out of the regions allowed", place: model,
            found: leavesTo.isEmpty ? "regions that are not known" : leavesTo.joined(separator: ", "),
            expected: allowed.joined(separator: ", "),
            remedy: "Name a model or profile that stays there, or add the region and its transfer to `allowed-regions`.")
    }

    package static func cascadeSettings(_ name: String, found: String, expected: String) -> Failure {
        Failure(
            .job, code: "language.cascade", what: "the cascade cannot be set up so", place: name, found: found, expected: expected,
            remedy: "Change what is named.")
    }
}

extension Failure {
    package static func answerForm(place: String, found: String) -> Failure {
        Failure(
            .failed, code: "language.answer-form", what: "an answer does not have the form asked for", place: place, found: found,
            expected: "JSON of the schema given, or one of the choices",
            remedy: "Take a model or server that keeps to schemas; the row goes to a person.")
    }
}
