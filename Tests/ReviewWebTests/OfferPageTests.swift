#if Web
    import Connectors
    import Foundation
    import GRDB
    import Pipelines
    import Records
    import Testing

    /// A merchandiser's words pressed in the pages, over the loopback, and what the next run makes of them.
    @Suite struct OfferPageTests {
        private let folder: String
        private let warehouse: Warehouse

        init() throws {
            folder = FileManager.default.temporaryDirectory.path + "/offer-pages-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder + "/orders", withIntermediateDirectories: true)
            warehouse = try Warehouse(path: folder + "/pipeline.db")
        }

        private static let job = """
            version: 1
            job: shop
            calendar: { zone: UTC }
            feeds:
              orders:
                role: main
                format: csv
                files: orders/*.csv
                columns:
                  user: { type: string }
                  item: { type: string }
                  time: { type: timestamp, zone: UTC }
                key: [user, item, time]
                event-time: time
                lateness: 1d
            stages:
              - recommendations:
                  user: user
                  item: item
                  count: 2
                  family: popularity
                  settings: { window: 100 }
                  calibrate: false
                  decisions: { block: block, pin: pin, boost: boost, show: none }
            policy:
              outcomes:
                show:   { cost: { if: doubtful, pay: 20 EUR }, reversible: true }
                hold:   { cost: { if: sound, pay: 5 EUR }, reversible: true }
                block:  { cost: { if: sound, pay: 20 EUR }, reversible: true, by: people }
                pin:    { cost: { if: doubtful, pay: 20 EUR }, reversible: true, by: people }
                boost:  { cost: { if: doubtful, pay: 20 EUR }, reversible: true, by: people }
                review: { cost: 1 EUR }
            review: { queue: shop, capacity: 20/day, over-capacity: hold, due: 1bd, on-overdue: hold }
            results: shop_offers
            """

        /// Items by the number of people who bought them: a 5, b 4, c 3, d 2.
        private func write() throws -> Job {
            var text = "user,item,time\n"
            for person in 0..<5 {
                for (item, people) in [("a", 5), ("b", 4), ("c", 3), ("d", 2)] where person < people {
                    text += "p\(person),\(item),2026-02-2\(person)T01:00:00\n"
                }
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/orders/1.csv"))
            try Data(Self.job.utf8).write(to: URL(fileURLWithPath: folder + "/job.yaml"))
            return try Job.load(path: folder + "/job.yaml")
        }

        private func run(_ job: Job, _ day: String) throws -> RunReport {
            let clock = try #require(Timestamp(iso8601: "2026-03-\(day)T00:00:00Z"))
            return try Runner(
                warehouse: warehouse,
                environment: Records.Environment(now: { clock }, actor: "ann", host: "desk-1", processIdentifier: 1)
            ).run(job)
        }

        private func offers() throws -> [String] {
            try warehouse.read {
                try String.fetchAll(
                    $0,
                    sql: """
                        SELECT item FROM shop_offers_current
                        WHERE about = 'user' AND subject = 'p0' AND kind <> 'withdrawn' ORDER BY place
                        """)
            }
        }

        /// The queue's question about an item.
        private func question(_ item: String) throws -> Int64 {
            let id = try warehouse.read {
                try Int64.fetchOne(
                    $0,
                    sql: """
                        SELECT id FROM pipeline_review_items
                        WHERE json_extract(fields, '$.about') = 'item' AND json_extract(fields, '$.item') = ? ORDER BY id DESC
                        """, arguments: [item])
            }
            return try #require(id)
        }

        /// Presses buttons of items' pages, as a browser does; the server's exit code.
        private func press(_ buttons: [(item: Int64, outcome: String, status: Int)], on day: String) throws -> Int32 {
            let server = try RunningServer(database: folder + "/pipeline.db", clock: "2026-03-\(day)T01:00:00Z")
            let entered = try server.ask("GET", "/?token=\(server.token)")
            let cookie = ["Cookie": String(try #require(entered.header("Set-Cookie")).prefix { $0 != ";" })]
            for button in buttons {
                let page = try server.ask("GET", "/items/\(button.item)", headers: cookie)
                #expect(page.status == 200)
                for name in ["block", "pin", "boost", "show", "hold"] { #expect(page.body.contains("value=\"\(name)\""), "\(name)") }
                let csrf = try #require(
                    page.body.range(of: "name=\"csrf\" value=\"").map { page.body[$0.upperBound...].prefix { $0 != "\"" } })
                let form = ["outcome": button.outcome, "reason": "seen in the shop", "csrf": String(csrf)]
                let reply = try server.ask("POST", "/items/\(button.item)/decide", headers: cookie, body: SiteFixture.encoded(form))
                #expect(reply.status == button.status, "\(button)")
            }
            return server.stop()
        }

        @Test("block, pin and boost are buttons of the page; pressed, they are decisions, and the next run heeds them")
        func pressed() throws {
            defer {
                warehouse.close()
                try? FileManager.default.removeItem(atPath: folder)
            }
            let job = try write()
            _ = try run(job, "01")
            // New items, offered to everybody: the queue asks about both.
            #expect(try offers() == ["a", "b"])
            let (a, b) = (try question("a"), try question("b"))
            #expect(try press([(a, "blokc", 422), (a, "block", 303), (b, "boost", 303)], on: "02") == 0)
            #expect(try run(job, "03").heeded == 2)
            #expect(try offers() == ["b", "c"])
            #expect(try press([(question("c"), "pin", 303)], on: "04") == 0)
            #expect(try run(job, "05").heeded == 1)
            #expect(try offers() == ["c", "b"])
            let words = try warehouse.read { try String.fetchAll($0, sql: "SELECT outcome FROM pipeline_decisions ORDER BY id") }
            #expect(words == ["block", "boost", "pin"])
        }
    }
#endif
