#if Web
    import Foundation
    import Pipelines
    import Records
    import Testing

    /// What a browser makes of the pages: headless Chromium, where the machine has one.
    @Suite(.enabled(if: Browser.path != nil, "no chromium here"), .serialized)
    struct BrowserTests {
        private func server(_ fixture: SiteFixture) throws -> RunningServer {
            let hostile = HostileTextTests.texts
            try fixture.insert(
                [fixture.item("4711", value: 4_200), fixture.item("4712", value: 900)]
                    + hostile.enumerated().map { index, text in
                        fixture.item("k\(index)\(text)", value: Int64(index)) { item in
                            item.reasons = [text]
                            item.fields = [NamedText("customer", text)]
                        }
                    })
            return try RunningServer(database: fixture.path, clock: "2026-03-01T01:00:00Z")
        }

        @Test(
            "pages render at 360 and 1440 pixels in both languages, as wide as the window and no wider",
            arguments: [("en", 360), ("en", 1_440), ("ja", 360), ("ja", 1_440)])
        func widths(_ language: String, _ width: Int) throws {
            let fixture = try SiteFixture()
            let server = try server(fixture)
            for target in ["/", "/items/1", "/items/4", "/items/10"] {
                let browser = try Browser(language: language, width: width)
                defer { browser.remove() }
                let page = try browser.open("http://127.0.0.1:\(server.port)\(target)?token=\(server.token)")
                #expect(page.dom.contains("lang=\"\(language)\""))
                #expect(page.dom.contains("data-keys=\"on\""), "the keys' script runs")
                #expect(!page.dom.contains("data-wide"), "\(target) is wider than \(width) pixels")
                #expect(page.complaints.isEmpty)
                #expect(!page.dom.contains("alert(1)</script>"))
                let size = try browser.screenshot("http://127.0.0.1:\(server.port)\(target)?token=\(server.token)")
                #expect(size.width == width)
            }
            #expect(server.stop() == 0)
        }
    }

    /// A headless browser with a profile of its own.
    struct Browser {
        static let path: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").flatMap { folder in
            ["chromium", "chromium-browser", "google-chrome"].map { "\(folder)/\($0)" }
        }.first { FileManager.default.isExecutableFile(atPath: $0) }

        private let folder: URL
        private let arguments: [String]

        init(language: String, width: Int, options: [String] = []) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-browser-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            arguments =
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
                    "--user-data-dir=\(folder.path)/profile", "--lang=\(language)", "--accept-lang=\(language)",
                    "--window-size=\(width),900",
                    "--enable-logging=stderr", "--v=0",
                ] + options
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }

        /// The document after its scripts ran, and what the console says.
        func open(_ address: String) throws -> (dom: String, complaints: [String]) {
            let (output, errors) = try run(["--dump-dom", address])
            let complaints = errors.split(separator: "\n").filter { line in
                line.contains(":CONSOLE") && ["Uncaught", "Refused", "violates", "Failed", "Error"].contains { line.contains($0) }
            }
            return (output, complaints.map(String.init))
        }

        /// The picture of the window, a PNG, and its width in pixels.
        func screenshot(_ address: String) throws -> (width: Int, bytes: [UInt8]) {
            let file = folder.appendingPathComponent("page.png")
            _ = try run(["--screenshot=\(file.path)", address])
            let bytes = [UInt8](try Data(contentsOf: file))
            func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
            // A PNG's first chunk states its size.
            return (bytes.count > 24 ? number(16) : 0, bytes)
        }

        /// What a look at a page's pictures finds.
        struct Look {
            var charts: Int
            /// Labels that leave their picture or lie on another, and `wide` for a page wider than the window.
            var faults: [String]
        }

        /// Measures the pictures of a page as the browser lays it out: the page's own policy is taken off, and a script put in.
        func look(at html: String) throws -> Look {
            let script = """
                const bad = []; let charts = 0;
                for (const svg of document.querySelectorAll('svg.chart')) {
                  charts++;
                  const box = svg.getBoundingClientRect();
                  if (box.width < 1) continue;
                  const texts = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
                  texts.forEach(([name, r], i) => {
                    if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1) bad.push('outside ' + name);
                    for (const [other, o] of texts.slice(i + 1))
                      if (Math.min(r.right, o.right) - Math.max(r.left, o.left) > 1 && Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top) > 3)
                        bad.push(name + ' on ' + other);
                  });
                }
                if (document.documentElement.scrollWidth > innerWidth + 1) bad.push('wide');
                document.documentElement.setAttribute('data-charts', charts);
                document.documentElement.setAttribute('data-bad', bad.join('|'));
                """
            let open = html.replacing(#/<meta http-equiv="Content-Security-Policy"[^>]*>/#, with: "").replacing(
                #/<script[^>]*>.*?<\/script>/#, with: "")
            let file = folder.appendingPathComponent("look.html")
            try (open + "<script>\(script)</script>").write(to: file, atomically: true, encoding: .utf8)
            let (dom, _) = try run(["--dump-dom", "file://\(file.path)"])
            func value(_ name: String) -> String {
                dom.range(of: " \(name)=\"").map { String(dom[$0.upperBound...].prefix { $0 != "\"" }) } ?? "not looked at"
            }
            return Look(charts: Int(value("data-charts")) ?? -1, faults: value("data-bad").split(separator: "|").map(String.init))
        }

        private func run(_ more: [String]) throws -> (output: String, errors: String) {
            let (output, errors) = (folder.appendingPathComponent("out"), folder.appendingPathComponent("err"))
            for file in [output, errors] { try Data().write(to: file) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Self.path ?? "")
            process.arguments = arguments + more
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            process.waitUntilExit()
            return (
                String(decoding: try Data(contentsOf: output), as: UTF8.self), String(decoding: try Data(contentsOf: errors), as: UTF8.self)
            )
        }
    }
#endif
