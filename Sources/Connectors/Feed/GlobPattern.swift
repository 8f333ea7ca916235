/// One component of a glob: `*`, `?`, `[abc]`, `[a-z]`, `[!a-z]`; a leading point must be written out, as in a shell.
package struct GlobPattern {
    private enum Part {
        case any
        case one
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    private let parts: [Part]
    private let startsWithPoint: Bool

    package static func hasWildcards(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" || $0 == "[" } }

    package init(_ text: String) {
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var at = 0
        while at < scalars.count {
            switch scalars[at] {
            case "*": parts.append(.any)
            case "?": parts.append(.one)
            case "[":
                if let (set, end) = Self.set(scalars, at) {
                    parts.append(set)
                    at = end
                } else {
                    // Never closed: stands for itself.
                    parts.append(.scalar("["))
                }
            default: parts.append(.scalar(scalars[at]))
            }
            at += 1
        }
        self.parts = parts
        startsWithPoint = scalars.first == "."
    }

    /// The set that starts at `[`, and the index of its `]`.
    private static func set(_ scalars: [Unicode.Scalar], _ start: Int) -> (Part, Int)? {
        var at = start + 1
        let isNegated = at < scalars.count && (scalars[at] == "!" || scalars[at] == "^")
        if isNegated { at += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let first = at
        while at < scalars.count {
            // A `]` at the start is a member.
            if scalars[at] == "]", at > first { return (.set(ranges, isNegated: isNegated), at) }
            if at + 2 < scalars.count, scalars[at + 1] == "-", scalars[at + 2] != "]" {
                if scalars[at] <= scalars[at + 2] { ranges.append(scalars[at]...scalars[at + 2]) }
                at += 3
            } else {
                ranges.append(scalars[at]...scalars[at])
                at += 1
            }
        }
        return nil
    }

    package func matches(_ name: String) -> Bool {
        if name.hasPrefix("."), !startsWithPoint { return false }
        let scalars = Array(name.unicodeScalars)
        var part = 0, at = 0
        // Where to go on when the last `*` must take one more.
        var retry: (part: Int, at: Int)?
        while at < scalars.count {
            if part < parts.count, case .any = parts[part] {
                retry = (part, at)
                part += 1
            } else if part < parts.count, Self.matches(parts[part], scalars[at]) {
                part += 1
                at += 1
            } else if let (star, from) = retry {
                part = star + 1
                at = from + 1
                retry = (star, at)
            } else {
                return false
            }
        }
        while part < parts.count, case .any = parts[part] { part += 1 }
        return part == parts.count
    }

    private static func matches(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .any: false
        case .one: true
        case .scalar(let wanted): wanted == scalar
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
