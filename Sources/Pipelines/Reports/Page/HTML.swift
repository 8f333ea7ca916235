/// A piece of an HTML page. Text is escaped as it goes in, and there is no way around it: nothing of a feed, a job file or a person can
/// become markup.
///
/// A string literal is text too, with whatever it interpolates.
package struct HTML: Hashable, Sendable, ExpressibleByStringInterpolation {
    package private(set) var markup: String

    private init(markup: String) { self.markup = markup }

    package init(stringLiteral text: String) { self = .text(text) }

    package static let none = HTML(markup: "")

    package static func text(_ text: some StringProtocol) -> HTML { HTML(markup: escaped(text)) }

    /// Text that somebody else wrote: of a feed, a label, a decision. Set apart from the text around it, whatever direction it is written
    /// in; shown as `visible` has it.
    package static func foreign(_ text: String, limit: Int = 2_000) -> HTML { .tag("bdi", [:], .text(visible(text, limit: limit))) }

    /// The same for labels: characters that cannot be seen, or turn the direction, by their number; cut after `limit` of them.
    package static func visible(_ text: String, limit: Int = 200) -> String {
        let scalars = text.unicodeScalars
        // Counted by the scalar: one character a reader sees may be thousands of them.
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex), end < scalars.endIndex else {
            return visible(text[...])
        }
        return visible(text[..<end]) + "… (+\(scalars.distance(from: end, to: scalars.endIndex)))"
    }

    /// An element without content, such as `input`, has no end tag. An attribute that is nil is left out.
    package static func tag(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: HTML...) -> HTML {
        tag(name, attributes, children)
    }

    package static func tag(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: [HTML]) -> HTML {
        var markup = "<\(name)"
        for (attribute, value) in attributes { if let value { markup += " \(attribute)=\"\(escaped(value))\"" } }
        markup += ">"
        guard !isVoid("\(name)") else { return HTML(markup: markup) }
        for child in children { markup += child.markup }
        return HTML(markup: markup + "</\(name)>")
    }

    package static func group(_ parts: [HTML]) -> HTML { HTML(markup: parts.map(\.markup).joined()) }

    package static func group(_ parts: HTML...) -> HTML { group(parts) }

    /// A sheet written in the program: the only markup that is not built here.
    package static func style(_ sheet: StaticString) -> HTML { HTML(markup: "<style>\n\(sheet)</style>") }

    /// The whole document.
    package static func document(language: String, head: [HTML], body: HTML) -> String {
        "<!doctype html>\n<html lang=\"\(escaped(language))\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">" + head.map(\.markup).joined()
            + "</head>\(body.markup)</html>\n"
    }

    package static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.markup + right.markup) }

    private static func isVoid(_ name: String) -> Bool { ["input", "meta", "link", "br", "hr", "img", "col"].contains(name) }

    private static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // HTML knows no NUL, and XML readers of the page none of these.
            case "\u{0}"..<"\u{9}", "\u{B}"..<"\u{D}", "\u{E}"..<" ", "\u{7F}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func visible(_ text: Substring) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: result += "⏎"
            case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x2028...0x202E, 0x2066...0x2069, 0x200E...0x200F, 0xFEFF:
                result += "[U+\(String(repeating: "0", count: max(0, 4 - hex(scalar).count)))\(hex(scalar))]"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String { String(scalar.value, radix: 16, uppercase: true) }
}
