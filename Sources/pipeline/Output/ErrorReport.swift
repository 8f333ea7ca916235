import ArgumentParser
import Foundation
import Pipelines
import Records

/// What a failed command says, and how the process ends.
package struct ErrorReport: Sendable {
    package enum Form: String, CaseIterable, Sendable {
        case text, json
    }

    package let code: Int32
    /// Help and scripts that were asked for go to standard output.
    let isRequested: Bool
    /// Findings of a job file, a line each.
    let findings: [String]
    /// One line or more, without `error: `.
    let message: String
    let json: JSONValue
    let form: Form

    init(_ error: any Error, arguments: [String]) {
        form = ErrorReport.form(arguments)
        switch error {
        case let failure as Failure:
            (code, isRequested, findings, message) = (failure.kind.rawValue, false, [], failure.description)
            json = ErrorReport.json(failure)
        case let problems as JobProblems:
            var failure = problems.failure
            failure.cause = ""
            (code, isRequested, message) = (failure.kind.rawValue, false, failure.description)
            findings = problems.findings.map { $0.text(in: problems.path) }
            json = ErrorReport.json(failure, findings: problems.findings)
        default:
            code = Pipeline.exitCode(for: error).rawValue
            isRequested = code == 0
            findings = []
            let full = Pipeline.fullMessage(for: error)
            message = isRequested ? full : ErrorReport.usage(full, suggestion: UsageSuggestion.text(for: arguments))
            json = ErrorReport.json(
                Failure(.usage, code: "usage", what: Pipeline.message(for: error), remedy: UsageSuggestion.text(for: arguments) ?? ""))
        }
    }

    func print() {
        if isRequested {
            if !message.isEmpty { _ = Console.write(message + "\n", to: 1) }
            return
        }
        if form == .json { return Console.error(json.json) }
        let terminal = Terminal(descriptor: 2, variables: ProcessInfo.processInfo.environment)
        for finding in findings { Console.error(finding) }
        // ArgumentParser's exit requests without a text say nothing.
        if !message.isEmpty { Console.error("\(terminal.styled("error:", .bold, .red)) \(message)") }
    }

    /// Looked for by hand: the command line may be what is wrong.
    private static func form(_ arguments: [String]) -> Form {
        for (index, argument) in arguments.enumerated() {
            if argument == "--error-format", index + 1 < arguments.count { return Form(rawValue: arguments[index + 1]) ?? .text }
            if argument.hasPrefix("--error-format=") { return Form(rawValue: String(argument.dropFirst(15))) ?? .text }
        }
        return .text
    }

    /// ArgumentParser's text, with the nearest command after its first line.
    private static func usage(_ full: String, suggestion: String?) -> String {
        var lines = full.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let first = lines.first, first.hasPrefix("Error: ") { lines[0] = String(first.dropFirst(7)) }
        if let suggestion, !lines.isEmpty { lines[0] += lines[0].hasSuffix(".") ? " \(suggestion)" : ". \(suggestion)" }
        return lines.joined(separator: "\n")
    }

    private static func json(_ failure: Failure, findings: [JobFinding] = []) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("exit", .integer(failure.kind.rawValue)), .init("code", .text(failure.code)), .init("what", .text(failure.what)),
            .init("place", .text(failure.place)), .init("found", .text(failure.found)), .init("expected", .text(failure.expected)),
            .init("remedy", .text(failure.remedy)), .init("cause", .text(failure.cause)),
        ]
        if !findings.isEmpty { members.append(.init("findings", .array(findings.map(\.json)))) }
        return .object([.init("error", .object(members))])
    }
}

extension JobFinding {
    var json: JSONValue {
        .object([
            .init("severity", .text(severity.rawValue)), .init("code", .text(code)), .init("line", .integer(line)),
            .init("column", .integer(column)),
            .init("key", .text(keyPath)), .init("what", .text(what)), .init("found", .text(found)), .init("expected", .text(expected)),
            .init("remedy", .text(remedy)),
        ])
    }
}
