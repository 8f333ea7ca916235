/// Who gets in: asked before anything else about every request.
///
/// - The name asked for must be this machine's loopback, so that a page elsewhere cannot point a name of its own here (DNS rebinding).
/// - The token of the printed address is exchanged for a cookie; without either, nothing is shown.
/// - What changes something comes from a form of these pages: its token, and the origin where the browser states it.
struct Gate: Sendable {
    let key: SessionKey
    let port: Int

    /// Cookies know no ports: two servers on one machine must not take each other's.
    var cookieName: String { "pipeline_session_\(port)" }

    private var hosts: [String] { ["127.0.0.1:\(port)", "localhost:\(port)"] }

    /// Nil = come in.
    func refusal(_ request: PageRequest) -> PageReply? {
        guard let host = request.headers["host"], hosts.contains(host.lowercased()) else {
            return .plain(421, "This server answers to \(hosts.joined(separator: " and ")) only.")
        }
        guard let method = request.method else { return .plain(405, "GET, HEAD and POST only.", headers: [("Allow", "GET, HEAD, POST")]) }
        if method == .get, let token = request.query["token"] {
            guard SessionKey.matches(token, key.token) else { return unauthorized }
            let cookie = "\(cookieName)=\(key.cookie); Path=/; HttpOnly; SameSite=Strict"
            // The page asked for, without the token: it is not to stay in the address.
            let isItem = if case .item = Route(request.path) { true } else { false }
            return .redirect(to: isItem ? request.path : "/", headers: [("Set-Cookie", cookie)])
        }
        guard SessionKey.matches(request.cookie(cookieName), key.cookie) else { return unauthorized }
        guard method == .post else { return nil }
        if let origin = request.headers["origin"], !hosts.contains(where: { origin == "http://\($0)" }) { return forbidden }
        if let site = request.headers["sec-fetch-site"], site != "same-origin" { return forbidden }
        return SessionKey.matches(request.form["csrf"], key.form) ? nil : forbidden
    }

    private var unauthorized: PageReply {
        .plain(401, "Open the address that `pipeline serve` printed when it started: it carries the token of this session.")
    }

    private var forbidden: PageReply {
        .plain(403, "This form was not made by the server that runs now. Go back, load the page again and repeat what you did.")
    }

    /// Sent with every reply.
    static let headers: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
                + "frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]
}
