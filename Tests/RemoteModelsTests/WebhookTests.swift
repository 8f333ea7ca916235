#if Remote
    import Records
    import RemoteModels
    import Testing

    @Suite("a webhook") struct WebhookTests {
        private func post(_ body: String, to address: String, secret: String? = nil) async throws {
            let transport = ClientTransport()
            do {
                try await Webhook(url: address, secret: secret).post(Array(body.utf8), key: "k1", through: transport)
            } catch {
                await transport.shutdown()
                throw error
            }
            await transport.shutdown()
        }

        @Test("gets the body as it is, a key and a signature; its path and query stay")
        func posts() async throws {
            let server = try await LoopbackServer { _, _ in LoopbackServer.reply(204, "") }
            try await post("{\"a\":1}", to: server.address + "/hooks/x/?token=t%20u", secret: "key")
            let request = try #require(server.received.first)
            #expect(request.method == "POST" && request.target == "/hooks/x/?token=t%20u" && request.body == "{\"a\":1}")
            #expect(request.header("idempotency-key") == "k1")
            // echo -n '{"a":1}' | openssl dgst -sha256 -hmac key
            #expect(request.header("x-pipeline-signature") == "sha256=88a67f24bbcdaed0e6c997404bb79a743baf44c6bab2f4c27328e3009d22e342")
            await server.stop()
        }

        @Test("that does not answer with 2xx, or at all, is tried again; the address stays out of the message")
        func refuses() async throws {
            let server = try await LoopbackServer { _, number in
                number == 0 ? LoopbackServer.reply(500, "no") : number == 1 ? LoopbackServer.reply(302, "") : [.close]
            }
            for _ in 0..<3 {
                await #expect {
                    try await post("{}", to: server.address + "/canary-path?canary=query")
                } throws: { error in
                    guard let failure = error as? Failure else { return false }
                    return failure.kind == .tryAgain && failure.code == "notify.webhook" && !failure.description.contains("canary")
                }
            }
            await server.stop()
        }

        @Test(
            "is https, or in one's own network",
            arguments: ["http://example.com/x", "ftp://10.0.0.1/", "example.com", "https://u:p@example.com/", "https://example.com/?a b"])
        func addresses(_ url: String) {
            #expect { try Webhook(url: url, secret: nil) } throws: { error in
                (error as? Failure)?.code == "notify.url" && !"\(error)".contains("example.com")
            }
        }
    }
#endif
