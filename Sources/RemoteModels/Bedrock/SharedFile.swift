import Foundation
import Records

/// `~/.aws/credentials` and `~/.aws/config`: sections of `name = value` lines ("Configuration and credential file settings", AWS CLI guide).
package struct SharedFile: Sendable {
    private var sections: [String: [String: String]] = [:]

    package init(_ text: String, isConfig: Bool) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let bare = line.drop { $0 == " " || $0 == "\t" }
            guard let first = bare.first, first != "#", first != ";" else { continue }
            if first == "[" {
                section = Self.profile(bare, isConfig: isConfig)
                continue
            }
            // An indented line belongs to a nested setting, such as `s3 =`: nothing here reads those.
            guard let section, bare.startIndex == line.startIndex, let equals = bare.firstIndex(of: "=") else { continue }
            let name = bare[..<equals].trimmed.lowercased()
            var value = bare[bare.index(after: equals)...].trimmed
            for mark in [" #", " ;", "\t#", "\t;"] {
                if let comment = value.firstRange(of: mark) { value = value[..<comment.lowerBound].trimmed }
            }
            sections[section, default: [:]][name] = String(value)
        }
    }

    /// In `config` a profile is written `[profile name]`, but for `[default]`; in `credentials` by its name alone.
    private static func profile(_ line: Substring, isConfig: Bool) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let inside = line[line.index(after: line.startIndex)..<end].trimmed
        guard isConfig, inside != "default" else { return String(inside) }
        let words = inside.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        return words.count == 2 && words[0] == "profile" ? words[1].trimmed.description : nil
    }

    package subscript(profile: String, name: String) -> String? { sections[profile]?[name].flatMap { $0.isEmpty ? nil : $0 } }

    package func has(_ profile: String) -> Bool { sections[profile] != nil }

    /// Nil where there is no such file.
    ///
    /// - Parameter isSecret: then nobody else may read it.
    /// - Throws: a file of secrets with a mode other than 0600 (or stricter).
    static func read(_ path: String, isConfig: Bool, isSecret: Bool) throws(Failure) -> SharedFile? {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        if isSecret { try checkMode(path) }
        return SharedFile(String(decoding: bytes, as: UTF8.self), isConfig: isConfig)
    }

    static func checkMode(_ path: String) throws(Failure) {
        // Of what a link leads to: secrets are often mounted as links.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let mode = (try? FileManager.default.attributesOfItem(atPath: target))?[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else { throw .secretFileMode(path, mode: "0" + String(mode & 0o777, radix: 8)) }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        func isSpace(_ character: Character?) -> Bool { character == " " || character == "\t" || character == "\r" }
        while isSpace(text.first) { text.removeFirst() }
        while isSpace(text.last) { text.removeLast() }
        return text
    }
}
