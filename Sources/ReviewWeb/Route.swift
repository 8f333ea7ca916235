import Pipelines

/// The addresses there are.
enum Route: Equatable {
    case queue
    case item(Int64)
    case claim(Int64)
    case release(Int64)
    case decide(Int64)
    case next
    case language
    case asset(Asset)
    case unknown

    init(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let item = parts.count > 1 && parts[0] == "items" ? Int64(parts[1]).flatMap { $0 > 0 ? $0 : nil } : nil
        switch (parts.count, parts.last, item) {
        case (1, "", _): self = .queue
        case (1, "next", _): self = .next
        case (1, "language", _): self = .language
        case (1, let name?, _): self = Asset(rawValue: name).map { .asset($0) } ?? .unknown
        case (2, _, let item?): self = .item(item)
        case (3, "claim", let item?): self = .claim(item)
        case (3, "release", let item?): self = .release(item)
        case (3, "decide", let item?): self = .decide(item)
        default: self = .unknown
        }
    }

    /// Files that the pages need; all of them are in the program.
    enum Asset: String {
        case style = "style.css"
        case keys = "keys.js"
        case icon = "icon.svg"

        var reply: PageReply {
            switch self {
            case .style: PageReply(type: "text/css; charset=utf-8", body: "\(PageStyle.sheet)")
            case .keys: PageReply(type: "text/javascript; charset=utf-8", body: KeysScript.text)
            case .icon:
                PageReply(
                    type: "image/svg+xml",
                    body: """
                        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#2f6fd0"/>\
                        <path d="M3 11V8h3V5h3v3h4" fill="none" stroke="#fff" stroke-width="2"/></svg>
                        """)
            }
        }
    }
}
