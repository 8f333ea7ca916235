#if Web
    import Connectors
    import Foundation
    import Pipelines
    import Records
    import Testing

    /// Pictures of machines and pieces as a browser lays them out: reports of both jobs, and an item page of each.
    @Suite(.enabled(if: Browser.path != nil, "no chromium here"), .serialized)
    struct PictureTests {
        private static let root = RunningServer.root.path
        private static let clock = Timestamp(.init(year: 2026, month: 2, day: 1))

        /// A job of the project over data of its own, trained and run.
        private final class Factory {
            let folder = FileManager.default.temporaryDirectory.appending(path: "factory-\(UUID())").path
            var database: String { "\(folder)/pipeline.db" }
            let job: String

            init(job: String, _ changes: [(from: String, to: String)], learnt: Timestamp) throws {
                self.job = job
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                if job == "maintenance" {
                    let fleet = MaintenanceSimulation.Configuration(machines: 16, days: 150, every: 12, life: 900, seed: 3, gzipLevel: 1)
                    _ = try MaintenanceSimulation(fleet).write(to: "\(folder)/data")
                }
                try FileManager.default.copyItem(atPath: "\(root)/jobs/holidays-jp.csv", toPath: "\(folder)/holidays-jp.csv")
                var text = try String(contentsOfFile: "\(root)/jobs/\(job).yaml", encoding: .utf8)
                for (from, to) in changes {
                    #expect(text.contains(from), "\(from)")
                    text = text.replacing(from, with: to)
                }
                let loaded = try Job.load(bytes: Array(text.utf8), path: "\(folder)/job.yaml")
                let warehouse = try Warehouse(path: database)
                defer { warehouse.close() }
                _ = try Trainer(warehouse: warehouse, environment: .fixed(learnt)).train(loaded, asOf: learnt)
                _ = try Runner(warehouse: warehouse, environment: .fixed(clock)).run(loaded)
            }

            deinit { try? FileManager.default.removeItem(atPath: folder) }

            func read<Value>(_ body: (Warehouse) throws -> Value) throws -> Value {
                let warehouse = try Warehouse(path: database)
                defer { warehouse.close() }
                return try body(warehouse)
            }

            func report() throws -> String {
                try read { warehouse in
                    ReportPage(try warehouse.read { try JobReport(job: job, now: clock + .days(1), in: $0) }).html
                }
            }
        }

        private static func fleet() throws -> Factory {
            try Factory(
                job: "maintenance",
                [
                    ("../sample-data/maintenance/", "data/"), ("step: 6h", "step: 12h"), ("horizon: 28", "horizon: 14"),
                    ("last: 300d", "last: 110d"), ("trees: 200", "trees: 60"), ("cap: 150", "cap: 60"),
                ], learnt: Timestamp(.init(year: 2025, month: 4, day: 1)))
        }

        private static func workshop() throws -> Factory {
            try Factory(job: "quality", [("../sample-data/", "\(root)/sample-data/"), ("trees: 100", "trees: 10")], learnt: clock)
        }

        /// Of the page as it is: a screenshot as wide as the window, and no complaint of the browser, whose policy lets no script run.
        private func shoot(_ browser: Browser, report: String, in folder: String, width: Int) throws {
            let file = "\(folder)/report.html"
            try report.write(toFile: file, atomically: true, encoding: .utf8)
            let page = try browser.open("file://\(file)")
            #expect(page.complaints.isEmpty, "\(page.complaints)")
            let picture = try browser.screenshot("file://\(file)")
            #expect(picture.width == width && picture.bytes.count > 10_000)
        }

        /// The report and an item page, as wide windows in English and narrow ones in Japanese show them.
        private func check(_ factory: Factory, charts least: Int, item part: String, pictures: Int) throws {
            let report = try factory.report()
            let id = try factory.read { warehouse in
                try warehouse.read { database in
                    try ReviewStore(database).list(filter: .open, now: Self.clock, limit: 1).first?.item.id ?? 0
                }
            }
            let server = try RunningServer(database: factory.database, clock: (Self.clock + .hours(1)).iso8601)
            let address = "http://127.0.0.1:\(server.port)/items/\(id)?token=\(server.token)"
            for (language, width) in [("en", 1_440), ("ja", 360)] {
                let browser = try Browser(language: language, width: width)
                defer { browser.remove() }
                try shoot(browser, report: report, in: factory.folder, width: width)
                let look = try browser.look(at: report)
                #expect(look.charts >= least && look.faults == [], "report, \(width)")
                let page = try browser.open(address)
                #expect(page.complaints.isEmpty && page.dom.contains(part) && page.dom.contains("lang=\"\(language)\""))
                #expect(!page.dom.contains("data-wide"), "item, \(width)")
                #expect(try browser.screenshot(address).width == width)
                let item = try browser.look(at: page.dom)
                #expect(item.charts >= pictures && item.faults == [], "item, \(width)")
            }
            #expect(server.stop() == 0)
        }

        @Test("report and item of a maintenance job have their pictures, and no label leaves its picture or lies on another")
        func machines() throws { try check(try Self.fleet(), charts: 5, item: "class=\"usual\"", pictures: 2) }

        @Test("report and item of a quality job have their pictures, and no label leaves its picture or lies on another")
        func pieces() throws { try check(try Self.workshop(), charts: 6, item: "class=\"limit\"", pictures: 1) }

        @Test("a label that lies on another, or leaves its picture, is seen")
        func control() throws {
            let browser = try Browser(language: "en", width: 1_440)
            defer { browser.remove() }
            func page(_ second: Int, _ third: Int) -> String {
                "<!doctype html><html><body><svg class=\"chart\" width=\"400\" height=\"100\">"
                    + "<text x=\"10\" y=\"40\">2025-01-01</text>"
                    + "<text x=\"\(second)\" y=\"40\">2025-01-02</text><text x=\"\(third)\" y=\"80\">limit</text></svg></body></html>"
            }
            #expect(try browser.look(at: page(200, 100)).faults == [])
            #expect(try browser.look(at: page(40, 100)).faults == ["2025-01-01 on 2025-01-02"])
            #expect(try browser.look(at: page(200, 390)).faults == ["outside limit"])
        }
    }
#endif
