#if Web
    import Connectors
    import Foundation
    import GRDB
    import Pipelines
    import Records
    import Testing

    @Suite struct ServerTests {
        private func started(_ fixture: SiteFixture) throws -> RunningServer {
            try RunningServer(database: fixture.path, clock: "2026-03-01T01:00:00Z")
        }

        @Test("the program serves the queue to who has the token, takes a decision, and the audit chain holds afterwards")
        func decide() throws {
            let fixture = try SiteFixture()
            try fixture.insert([fixture.item("a", value: 5), fixture.item("b", value: 9)])
            let server = try started(fixture)
            #expect(try server.ask("GET", "/").status == 401)
            #expect(try server.ask("GET", "/?token=\(server.token.reversed().map(String.init).joined())").status == 401)
            let entered = try server.ask("GET", "/?token=\(server.token)")
            #expect(entered.status == 303)
            let cookie = ["Cookie": String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })]
            #expect(try server.ask("GET", "/", host: "evil.example", headers: cookie).status == 421)
            let page = try server.ask("GET", "/items/2", headers: cookie)
            #expect(page.status == 200)
            #expect(page.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
            let csrf = try #require(page.body.range(of: "name=\"csrf\" value=\"").map { page.body[$0.upperBound...].prefix { $0 != "\"" } })
            let form = ["outcome": "hold", "reason": "端末が不正 & \"copied\""]
            #expect(try server.ask("POST", "/items/2/decide", headers: cookie, body: SiteFixture.encoded(form)).status == 403)
            let signed = SiteFixture.encoded(form.merging(["csrf": String(csrf)]) { $1 })
            #expect(try server.ask("POST", "/items/2/decide", body: signed).status == 401)
            let decided = try server.ask("POST", "/items/2/decide", headers: cookie, body: signed)
            #expect((decided.status, decided.header("Location")) == (303, "/items/1?done=2"))
            #expect(try server.ask("POST", "/items/2/decide", headers: cookie, body: signed).status == 409)
            let long = "csrf=\(csrf)&reason=" + String(repeating: "x", count: 100_000)
            #expect(try server.ask("POST", "/items/1/decide", headers: cookie, body: long).status == 413)
            #expect(try server.ask("DELETE", "/items/1", headers: cookie).status == 405)
            #expect(try server.ask("HEAD", "/", headers: cookie).body.isEmpty)
            #expect(server.stop() == 0)
            #expect(try fixture.entry(2).decisions.map(\.reason) == [form["reason"]])
            #expect(try run(["audit", "verify", "--database", fixture.path]).code == 0)
            // The control: a decision changed behind the chain's back is found.
            try fixture.warehouse.write { try $0.execute(sql: "UPDATE pipeline_decisions SET outcome = 'clear'") }
            #expect(try run(["audit", "verify", "--database", fixture.path]).code == 3)
        }

        @Test("a port that is taken is said, with what to do")
        func port() throws {
            let fixture = try SiteFixture()
            let server = try started(fixture)
            let second = try run(["serve", "--database", fixture.path, "--port", "\(server.port)"])
            #expect(second.code == 75)
            #expect(second.errors.contains("the port cannot be used"))
            #expect(server.stop() == 0)
            #expect(try run(["serve", "--database", fixture.path, "--port", "0"]).code == 64)
        }

        #if os(Linux)
            @Test("nothing but the loopback can reach it")
            func loopback() throws {
                let fixture = try SiteFixture()
                let server = try started(fixture)
                let hex = String(server.port, radix: 16, uppercase: true)
                let port = String(repeating: "0", count: 4 - hex.count) + hex
                var lines: [Substring] = []
                for name in ["tcp", "tcp6"] {
                    lines += ((try? String(contentsOfFile: "/proc/net/\(name)", encoding: .utf8)) ?? "").split(separator: "\n")
                }
                // State 0A listens; an address is in the order of the machine's bytes.
                var listening: [String] = []
                for line in lines {
                    let fields = line.split(separator: " ").map(String.init)
                    if fields.count > 3, fields[3] == "0A", fields[1].hasSuffix(":\(port)") { listening.append(fields[1]) }
                }
                #expect(listening == ["0100007F:\(port)"])
                #expect(server.stop() == 0)
            }
        #endif

        private func run(_ arguments: [String]) throws -> (code: Int32, errors: String) {
            let process = Process(), errors = Pipe()
            process.executableURL = RunningServer.program
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = errors
            try process.run()
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
    }
#endif
