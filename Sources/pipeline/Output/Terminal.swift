import Foundation

/// What is known of where text goes: whether it is a terminal, how wide, and whether colour is wanted.
package struct Terminal: Sendable, Hashable {
    package var isTerminal: Bool
    /// Columns; nil where there is no terminal: nothing is cut there.
    package var width: Int?
    /// On a terminal, unless `NO_COLOR` is set (no-color.org) or `TERM` is `dumb`.
    package var hasColor: Bool

    package init(isTerminal: Bool, width: Int?, hasColor: Bool) {
        (self.isTerminal, self.width, self.hasColor) = (isTerminal, width, hasColor)
    }

    package static let plain = Terminal(isTerminal: false, width: nil, hasColor: false)

    package init(descriptor: Int32, variables: [String: String]) {
        isTerminal = isatty(descriptor) == 1
        guard isTerminal else {
            (width, hasColor) = (nil, false)
            return
        }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = known ? Int(size.ws_col) : variables["COLUMNS"].flatMap { Int($0) } ?? 80
        hasColor = (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
    }

    package enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    package func styled(_ text: String, _ styles: Style...) -> String {
        guard hasColor, !text.isEmpty else { return text }
        return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
