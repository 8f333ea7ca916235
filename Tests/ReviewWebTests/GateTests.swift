import Pipelines
import Records
import ReviewWeb
import Testing

@Suite struct GateTests {
    @Test("without the token nothing is shown; with it, a cookie is set that scripts and other sites do not get")
    func token() throws {
        let fixture = try SiteFixture()
        for target in ["/", "/items/1", "/style.css", "/keys.js", "/?token=", "/?token=\(String(repeating: "0", count: 64))"] {
            let reply = fixture.site.reply(to: fixture.request("GET", target, cookie: ""))
            #expect(reply.status == 401, "\(target)")
            #expect(!reply.body.contains("<"))
        }
        let reply = fixture.site.reply(to: fixture.request("GET", "/?token=\(fixture.key.token)", cookie: ""))
        #expect(reply.status == 303)
        #expect(reply.header("Location") == "/")
        let cookie = try #require(reply.header("Set-Cookie"))
        #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        #expect(!cookie.contains(fixture.key.token))
        // The control: the same request with the cookie is let in.
        #expect(fixture.get("/").status == 200)
        #expect(fixture.site.reply(to: fixture.request("GET", "/", cookie: "pipeline_session_8080=0")).status == 401)
    }

    @Test("the printed address may lead to an item, never to another server")
    func target() throws {
        let fixture = try SiteFixture()
        func location(_ path: String) -> String? {
            fixture.site.reply(to: fixture.request("GET", "\(path)?token=\(fixture.key.token)", cookie: "")).header("Location")
        }
        #expect(location("/items/7") == "/items/7")
        #expect(location("//evil.example/items/7") == "/")
        #expect(location("/next") == "/")
        let reply = fixture.get("/language?to=ja&from=//evil.example/")
        #expect(reply.header("Location") == "/")
        #expect(fixture.get("/language?to=ja&from=/items/7").header("Location") == "/items/7")
    }

    @Test(
        "a request for another name is refused, though it has the cookie: a name elsewhere may point here",
        arguments: ["evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:8081", "127.0.0.1.evil.example:8080", ""])
    func host(_ host: String) throws {
        let fixture = try SiteFixture()
        #expect(fixture.site.reply(to: fixture.request("GET", "/", headers: ["host": host])).status == 421)
        #expect(fixture.site.reply(to: fixture.request("GET", "/", headers: ["host": "localhost:8080"])).status == 200)
    }

    @Test("a form without this server's token, or from another origin, changes nothing")
    func forms() throws {
        let fixture = try SiteFixture()
        try fixture.insert([fixture.item("1")])
        let csrf = try fixture.csrf()
        func post(_ token: String?, headers: [String: String] = [:]) -> Int {
            var form = ["outcome": "hold", "reason": "seen"]
            form["csrf"] = token
            return fixture.site.reply(to: fixture.request("POST", "/items/1/decide", headers: headers, form: form)).status
        }
        #expect(post(nil) == 403)
        #expect(post("") == 403)
        #expect(post(String(csrf.dropLast())) == 403)
        #expect(post(fixture.key.token) == 403)
        #expect(post(csrf, headers: ["origin": "http://evil.example"]) == 403)
        #expect(post(csrf, headers: ["origin": "null"]) == 403)
        #expect(post(csrf, headers: ["sec-fetch-site": "cross-site"]) == 403)
        #expect(try fixture.entry(1).decisions.isEmpty)
        // What changes something is never a GET.
        #expect(fixture.get("/items/1/decide?outcome=hold&reason=x&csrf=\(csrf)").status == 405)
        #expect(try fixture.entry(1).decisions.isEmpty)
        #expect(post(csrf, headers: ["origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"]) == 303)
        #expect(try fixture.entry(1).decisions.count == 1)
    }

    @Test("every reply says that nothing but this server's own files may run or load, and that it is not kept")
    func headers() throws {
        let fixture = try SiteFixture()
        for target in ["/", "/items/9", "/nowhere", "/keys.js"] {
            let reply = fixture.get(target)
            let policy = try #require(reply.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none';"))
            #expect(!policy.contains("unsafe-inline"))
            #expect(reply.header("Cache-Control") == "no-store")
        }
        #expect(fixture.get("/items/9").status == 404)
        #expect(fixture.get("/nowhere").status == 404)
    }

    @Test("secrets are compared whole, whatever their lengths")
    func comparison() {
        #expect(SessionKey.matches("abc", "abc"))
        for given in ["", "ab", "abcd", "abd", "Abc"] { #expect(!SessionKey.matches(given, "abc"), "\(given)") }
        #expect(!SessionKey.matches(nil, "abc"))
        #expect(SessionKey().token != SessionKey().token)
    }
}
