import Foundation
public import Records
import Yams

/// Brings the text of a job file up to the format's newest version: `version:` and the keys that a version renamed, nothing else. Comments,
/// order, quotes, blank lines and line ends stay.
public struct JobUpgrade: Sendable {
    /// What one version of the format renamed, to get from it to the next.
    package struct Step: Sendable {
        package var from: Int
        /// A key by the path of its mapping, `*` for any key on the way; the old name and the new one.
        package var renames: [(path: [String], from: String, to: String)]

        package init(from: Int, renames: [(path: [String], from: String, to: String)]) { (self.from, self.renames) = (from, renames) }
    }

    public struct Result: Sendable {
        public var path: String
        /// Nil = the file names none.
        public var before: Int?
        public var after: Int
        /// The file as it is to be.
        public var text: String
        public var isChanged: Bool
        /// The file as it was looked at.
        var looked: [UInt8] = []
    }

    /// Versions of the format so far, oldest first: there is one, so there is no step.
    private static let steps: [Step] = []

    private let steps: [Step]
    private let newest: Int
    /// Reads the new text before anything is written.
    private let isChecked: Bool

    public init() { self.init(steps: Self.steps, isChecked: true) }

    /// - Parameter isChecked: false for steps to a version that this program does not read: only tests have such.
    package init(steps: [Step], isChecked: Bool) {
        (self.steps, self.isChecked) = (steps, isChecked)
        newest = (steps.map(\.from).max() ?? 0) + 1
    }

    /// - Returns: the new text; nothing is written.
    /// - Throws: a file that cannot be read, is no YAML, is of a newer version, or would not pass `check` afterwards.
    public func look(at path: String) throws(Failure) -> Result {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self) else {
            throw .jobUpgradeUnreadable(path)
        }
        var result = try upgraded(text, path: path)
        if isChecked {
            do throws(JobProblems) {
                _ = try Job.load(bytes: Array(result.text.utf8), path: path)
            } catch {
                throw error.failure
            }
        }
        result.path = path
        result.looked = Array(data)
        return result
    }

    /// Puts the new text in the file's place, which keeps its mode; the old one stays beside it as `<file>.before-version-<n>`.
    ///
    /// - Throws: it cannot be written, is not what was looked at, or another file has the place of the old one.
    public func write(_ result: Result) throws(Failure) {
        guard result.isChanged else { return }
        let (path, manager) = (URL(fileURLWithPath: result.path).resolvingSymlinksInPath().path, FileManager.default)
        let partial = "\(path).partial"
        do {
            let kept = "\(path).before-version-\(result.after)"
            guard manager.contents(atPath: path).map(Array.init) == result.looked else {
                throw Failure.jobUpgradeUnwritten(result.path, cause: "it was changed meanwhile")
            }
            if !manager.fileExists(atPath: kept) {
                try manager.copyItem(atPath: path, toPath: kept)
            } else if manager.contents(atPath: kept).map(Array.init) != result.looked {
                throw Failure.jobUpgradeUnwritten(result.path, cause: "\(kept) is there already, and is another text")
            }
            let mode = try manager.attributesOfItem(atPath: path)[.posixPermissions]
            try Data(result.text.utf8).write(to: URL(fileURLWithPath: partial))
            if let mode { try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: partial) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .jobUpgradeUnwritten(result.path, cause: error.localizedDescription)
        }
        guard rename(partial, path) == 0 else { throw .jobUpgradeUnwritten(result.path, cause: String(cString: strerror(errno))) }
    }

    // MARK: The text

    private func upgraded(_ text: String, path: String) throws(Failure) -> Result {
        var current = text
        let before = try version(of: current, path: path)
        guard let before else {
            // The oldest format knew no other.
            current = try withVersion(1, current, path: path)
            let upgraded = try upgraded(current, path: path)
            return Result(path: path, before: nil, after: upgraded.after, text: upgraded.text, isChanged: true)
        }
        guard before <= newest else { throw .jobUpgradeNewer(path, found: before, newest: newest) }
        for step in steps.sorted(by: { $0.from < $1.from }) where step.from >= before {
            current = try apply(step, to: current, path: path)
        }
        return Result(path: path, before: before, after: newest, text: current, isChanged: current != text)
    }

    private func root(_ text: String, path: String) throws(Failure) -> Node.Mapping {
        let node: Node?
        do { node = try Yams.compose(yaml: Self.withoutMark(text), .basic, .default, .utf8) } catch { throw .jobUpgradeSyntax(path) }
        guard let mapping = node?.mapping else { throw .jobUpgradeSyntax(path) }
        return mapping
    }

    /// A text without a version with one, before its first key: `%YAML`, `---` and comments stay above.
    private func withVersion(_ number: Int, _ text: String, path: String) throws(Failure) -> String {
        guard let place = try root(text, path: path).first?.key.mark else { throw .jobUpgradeSyntax(path) }
        let scalars = Array(text.unicodeScalars)
        var at = scalars.first == "\u{FEFF}" ? 1 : 0, line = 1
        while line < place.line, at < scalars.count {
            if scalars[at] == "\n" { line += 1 }
            at += 1
        }
        let indentation = String(repeating: " ", count: max(0, place.column - 1))
        let new = indentation + "version: \(number)" + (text.unicodeScalars.contains("\r") ? "\r\n" : "\n")
        let whole = String(String.UnicodeScalarView(scalars[..<at] + Array(new.unicodeScalars) + scalars[at...]))
        guard try version(of: whole, path: path) == number else { throw .jobUpgradeSyntax(path) }
        return whole
    }

    private static func withoutMark(_ text: String) -> String {
        text.unicodeScalars.first == "\u{FEFF}" ? String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())) : text
    }

    private func version(of text: String, path: String) throws(Failure) -> Int? {
        guard let value = try root(text, path: path).first(where: { $0.key.string == "version" })?.value else { return nil }
        guard let number = value.scalar.flatMap({ Int($0.string) }), number >= 1 else {
            throw .jobUpgradeVersion(path, found: value.scalar?.string ?? "no number")
        }
        return number
    }

    private func apply(_ step: Step, to text: String, path: String) throws(Failure) -> String {
        let mapping = try root(text, path: path)
        var edits: [(place: Mark, old: String, new: String)] = []
        for rename in step.renames { Self.collect(rename.path[...], rename.from, rename.to, in: mapping, &edits) }
        if let value = mapping.first(where: { $0.key.string == "version" })?.value, let place = value.mark, let old = value.scalar?.string {
            edits.append((place, old, "\(step.from + 1)"))
        }
        var scalars = Array(Self.withoutMark(text).unicodeScalars)
        let places = edits.compactMap { edit in JobSyntax.index(of: JobPlace(line: edit.place.line, column: edit.place.column), in: scalars)
        }
        guard places.count == edits.count else { throw .jobUpgradeSyntax(path) }
        // From the end, so that earlier places stay.
        for (edit, at) in zip(edits, places).sorted(by: { $0.1 > $1.1 }) {
            let old = Array(edit.old.unicodeScalars)
            // A name written with escapes is not what stands there.
            guard at + old.count <= scalars.count, Array(scalars[at..<at + old.count]) == old else { throw .jobUpgradeSyntax(path) }
            scalars.replaceSubrange(at..<at + old.count, with: edit.new.unicodeScalars)
        }
        return (text.unicodeScalars.first == "\u{FEFF}" ? "\u{FEFF}" : "") + String(String.UnicodeScalarView(scalars))
    }

    private static func collect(
        _ path: ArraySlice<String>, _ old: String, _ new: String, in mapping: Node.Mapping,
        _ edits: inout [(place: Mark, old: String, new: String)]
    ) {
        for (key, value) in mapping {
            guard let first = path.first else {
                if key.string == old, let place = key.mark { edits.append((place, old, new)) }
                continue
            }
            guard first == "*" || key.string == first else { continue }
            let inner: [Node.Mapping] =
                if let mapping = value.mapping { [mapping] } else { value.sequence?.compactMap(\.mapping) ?? [] }
            for mapping in inner { collect(path.dropFirst(), old, new, in: mapping, &edits) }
        }
    }
}

extension Failure {
    static func jobUpgradeUnreadable(_ path: String) -> Failure {
        Failure(
            .job, code: "job-upgrade.unreadable", what: "the job file cannot be read", place: path,
            expected: "a file that is there, in UTF-8",
            remedy: "Name another file. Nothing was written.")
    }

    static func jobUpgradeSyntax(_ path: String) -> Failure {
        Failure(
            .job, code: "job-upgrade.syntax", what: "the job file is not YAML that can be rewritten in place", place: path,
            remedy: "Nothing was written. `pipeline check` says where it is wrong.")
    }

    static func jobUpgradeVersion(_ path: String, found: String) -> Failure {
        Failure(
            .job, code: "job-upgrade.version", what: "the job file's version is none", place: path, found: "'\(found)'",
            expected: "a whole number", remedy: "Nothing was written. Write the version it was made for.")
    }

    static func jobUpgradeNewer(_ path: String, found: Int, newest: Int) -> Failure {
        Failure(
            .job, code: "job-upgrade.newer", what: "the job file is of a newer program", place: path, found: "version \(found)",
            expected: "\(newest) or less", remedy: "Nothing was written. Run the newer program.")
    }

    static func jobUpgradeUnwritten(_ path: String, cause: String) -> Failure {
        Failure(
            .usage, code: "job-upgrade.unwritten", what: "the job file cannot be written", place: path, found: cause,
            remedy: "It is as it was. Change the folder's permissions, or move what is in the way, and repeat the command.")
    }
}
