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
                #expect(answers("127.0.0.1", server.port))
                // A server on every address would answer on any other of the loopback's, and on the machine's own.
                for other in ["127.0.0.2", "127.1.2.3"] + addresses() { #expect(!answers(other, server.port), "\(other)") }
                let open = try Listener()
                #expect(answers("127.0.0.2", open.port))
                #expect(server.stop() == 0)
            }

            /// A socket that listens on every address: what the test must be able to tell.
            private final class Listener {
                private let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                let port: Int

                init() throws {
                    var address = sockaddr_in()
                    address.sin_family = sa_family_t(AF_INET)
                    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                    let (own, size) = (descriptor, length)
                    let isReady = withUnsafeMutablePointer(to: &address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            bind(own, $0, size) == 0 && listen(own, 8) == 0 && getsockname(own, $0, &length) == 0
                        }
                    }
                    try #require(isReady)
                    port = Int(UInt16(bigEndian: address.sin_port))
                }

                deinit { close(descriptor) }
            }

            private func answers(_ host: String, _ port: Int) -> Bool {
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(descriptor) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = UInt16(port).bigEndian
                guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return false }
                let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                return withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
                }
            }

            /// The machine's addresses that are not of the loopback; there may be none.
            private func addresses() -> [String] {
                var first: UnsafeMutablePointer<ifaddrs>?
                guard getifaddrs(&first) == 0 else { return [] }
                defer { freeifaddrs(first) }
                var (found, next): ([String], UnsafeMutablePointer<ifaddrs>?) = ([], first)
                while let entry = next {
                    next = entry.pointee.ifa_next
                    guard let pointer = entry.pointee.ifa_addr, pointer.pointee.sa_family == sa_family_t(AF_INET) else { continue }
                    var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
                    pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { internet in
                        _ = inet_ntop(AF_INET, &internet.pointee.sin_addr, &text, socklen_t(INET_ADDRSTRLEN))
                    }
                    let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    if !name.hasPrefix("127.") { found.append(name) }
                }
                return found
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
