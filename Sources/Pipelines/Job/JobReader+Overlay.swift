import Foundation
import Yams

extension Job {
    /// This job with the policy, rules, suppressions and review of another file: a whole job file, or one with some of these sections alone,
    /// where those that it lacks stay.
    ///
    /// - Parameter path: as typed.
    /// - Throws: everything that is wrong, at once.
    public func withPolicy(ofFile path: String, components: Components = .standard) throws(JobProblems) -> Job {
        let findings = JobFindings()
        guard let data = FileManager.default.contents(atPath: path) else {
            findings.add(.unreadable("no such file"), at: .file, path: "")
            throw JobProblems(path: path, findings: findings.sorted)
        }
        let job = JobReader(components: components, findings: findings).job(self, policyOf: Array(data))
        guard let job else { throw JobProblems(path: path, findings: findings.sorted) }
        return job
    }
}

extension JobReader {
    static let policySections = ["policy", "rules", "suppressions", "review"]

    /// - Returns: nil when a finding is an error.
    func job(_ base: Job, policyOf bytes: [UInt8]) -> Job? {
        guard let text = String(validating: bytes, as: UTF8.self), bytes.count <= 1_048_576, Self.isShallow(bytes) else {
            findings.add(.unreadable("not UTF-8 text, or larger than a job file can be"), at: .file, path: "")
            return nil
        }
        guard let node = JobSyntax.compose(text, findings: findings) else { return nil }
        let value = JobValue(node, path: "", findings: findings)
        guard case .mapping(let other) = node, case .mapping(let own)? = JobSyntax.compose(base.text, findings: JobFindings()) else {
            value.report(.wrongValue(found: value.shown, expected: "a mapping with \(Self.policySections.joined(separator: ", "))"))
            return nil
        }
        findings.source = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { Array($0.unicodeScalars) }
        func name(_ key: Node) -> String { key.scalar?.string ?? "" }
        let isWhole = other.contains { name($0.key) == "feeds" }
        let given = Set(other.map { name($0.key) })
        if !isWhole {
            for (key, _) in other where !Self.policySections.contains(name(key)) {
                let place = key.mark.map { JobPlace(line: $0.line, column: $0.column) } ?? .start
                findings.add(.unknownKey(name(key), names: Self.policySections), at: place, path: name(key))
            }
        }
        let kept = own.filter { key, _ in !Self.policySections.contains(name(key)) || (!isWhole && !given.contains(name(key))) }
        let taken = other.filter { key, _ in Self.policySections.contains(name(key)) }
        let pairs = kept.map { ($0.key, $0.value) } + taken.map { ($0.key, $0.value) }
        let merged = JobValue(Node.mapping(Node.Mapping(pairs)), path: "", findings: findings)
        guard let top = JobMapping(merged, .top, place: .start) else { return nil }
        return job(top, text: text, bytes: bytes, path: base.path)
    }
}
