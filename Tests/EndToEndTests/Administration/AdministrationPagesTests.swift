import Emulator
import Foundation
import FoundationNetworking
import JSON
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Pages {
    @Suite("The administration's pages in a browser", .timeLimit(.minutes(15)))
    struct AdministrationPagesTests {
        private static let settings =
            EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 1000,")
            + "admin: { listen: \"127.0.0.1:0\" }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n"

        /// What a record of the file holds, and no page may show.
        private static let markers = ["Ada Example", "user1@example.com", "account-1", "+12065551001", "r1<", "r2<"]

        /// Twelve lines that are answered, two that fail at first, two whose connection is cut, one that is invalid.
        private static let file =
            Accounts.csv(12) + Accounts.line(13, email: "iia+400x1.1@example.com")
            + Accounts.line(14, email: "iia+400x1.2@example.com")
            + Accounts.line(15, email: "iia+resetx1.1@example.com")
            + Accounts.line(16, email: "iia+resetx1.2@example.com") + Accounts.line(17, email: "x")

        @Test(
            "A file is uploaded, runs to its end, is sent again and settled, at the cost that each page showed first",
            arguments: [false, true])
        func wholeWay(isOnPostgreSQL: Bool) async throws {
            try await EndToEndInstallation.with(settings: Self.settings, onPostgreSQL: isOnPostgreSQL) { installation in
                try installation.write(Self.file, to: "march.csv")
                try installation.makeFolder("jobs")
                try installation.write(
                    "description: The night's sign-ups\nschedule: \"0 3 * * *\"\nsource: { glob: incoming/*.csv }\n",
                    to: "jobs/nightly.yaml")
                let token = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: 0)
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await Self.signIn(browser, token)
                    try await Self.upload(installation, browser)
                    try await Self.sendAgain(installation, browser)
                    try await Self.resolve(installation, browser)
                    try await Self.lookAround(browser)
                    try await Self.useKeyboard(browser)
                    try await browser.click(".who button")
                    try await browser.wait(for: "h1") { $0 == "Sign in" }
                    try await browser.open("/batches")
                    #expect(try await browser.path == "/sign-in?next=%2Fbatches")
                }
                // The browser's stream of events does not keep the daemon.
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
            }
        }

        static func signIn(_ browser: Browser, _ token: String) async throws {
            try await browser.open("/batches?state=halted")
            try await PageAudit.expectFine("sign-in", in: browser, named: "sign-in")
            try await browser.type(token + "0", into: "input[name=token]")
            try await browser.click("form button")
            try await browser.wait(for: "[role=alert]") { $0.contains("not the token") }
            try await browser.type(token, into: "input[name=token]")
            try await browser.click("form button")
            try await browser.wait(for: "h1") { $0 == "Batches" }
            #expect(try await browser.path == "/batches?state=halted")
        }

        private static func upload(_ installation: EndToEndInstallation, _ browser: Browser) async throws {
            try await browser.open("/upload")
            try await PageAudit.expectFine("upload", in: browser, named: "upload")
            try await browser.type(installation.file("march.csv"), into: "input[type=file]")
            try await browser.click("main form button")
            try await browser.wait(for: "#records") { $0 == "17" }
            #expect(try await browser.text("#invalid") == "1")
            #expect(try await browser.text("#calls")?.hasPrefix("16") == true)
            #expect(try await browser.text("#cost") == "USD 4.00")
            try await PageAudit.expectFine("check", in: browser, named: "check")
            // Nothing is queued.
            #expect(try await installation.reading { try await $0.batches().isEmpty })
            #expect(installation.emulator.calls.total == 0)
            try await browser.click("#do")
            // The page shows the end by itself.
            try await browser.wait(for: "#head .badge") { $0 == "completed" }
            try await browser.wait(for: "#progress h2") { $0 == "17 of 17 settled" }
            #expect(installation.emulator.calls.total == 16)
            try await PageAudit.expectFine("batch", in: browser, named: "batch")
        }

        private static func sendAgain(_ installation: EndToEndInstallation, _ browser: Browser) async throws {
            // What one batch would cost is what all that fit would: there is but one.
            try await browser.open("/batches?state=completed")
            try await browser.click("#actions a[href^='/selection/rerun']")
            try await browser.wait(for: "#records") { $0 == "2" }
            #expect(try await browser.text("#cost") == "USD 0.50")
            try await PageAudit.expectFine("selection", in: browser, named: "selection")
            try await browser.open("/batches/march-1/rerun?status=failed")
            #expect(try await browser.text("#records") == "2")
            #expect(try await browser.text("#calls")?.hasPrefix("2") == true)
            #expect(try await browser.text("#cost") == "USD 0.50")
            #expect(try await browser.text("#double-bills") == "0")
            try await PageAudit.expectFine("rerun", in: browser, named: "rerun")
            try await browser.click("#do")
            try await browser.wait(for: "#message") { $0 == "Done" }
            try await browser.click("main .button")
            try await browser.wait(for: "#statuses") { !$0.contains("failed") && $0.contains("succeeded") }
            #expect(installation.emulator.calls.total == 18)
            // One of those in doubt, which may be billed twice.
            try await browser.open("/batches/march-1/rerun?status=in_doubt&lines=16")
            #expect(try await browser.text("#calls")?.hasPrefix("1") == true)
            #expect(try await browser.text("#double-bills") == "1")
            try await browser.click("#do")
            try await browser.wait(for: "#message") { $0 == "Done" }
            try await browser.open("/batches/march-1")
            try await browser.wait(for: "#head .badge") { $0 == "completed" }
            #expect(installation.emulator.calls.total == 19)
        }

        private static func resolve(_ installation: EndToEndInstallation, _ browser: Browser) async throws {
            try await browser.open("/")
            try await browser.wait(for: "#attention") { $0.contains("march-1: 1 record in doubt") }
            try await browser.click("#attention a")
            try await browser.click("#head a[href$='/resolve']")
            try await browser.wait(for: "#records") { $0 == "1" }
            #expect(try await browser.text("#calls") == "0")
            try await PageAudit.expectFine("resolve", in: browser, named: "resolve")
            try await browser.click("#do")
            try await browser.wait(for: "#message") { $0 == "Done" }
            let counts = try await installation.batch("march-1").counts
            #expect(counts.inDoubt == 0 && counts.failed == 1 && counts.succeeded == 15)
            #expect(installation.emulator.calls.total == 19)
        }

        private static func lookAround(_ browser: Browser) async throws {
            let pages = [
                ("overview", "/"), ("batches", "/batches"), ("settled", "/batches/march-1"),
                ("records", "/batches/march-1/records?status=succeeded"), ("line", "/batches/march-1/lines/16"),
                ("jobs", "/jobs"), ("ledger", "/ledger"), ("health", "/health"),
            ]
            for (name, path) in pages {
                try await browser.open(path)
                try await browser.wait(for: "#live-state") { $0.hasPrefix("Live.") }
                try await PageAudit.expectFine(name, in: browser, named: name)
                let source = try await browser.source
                for marker in markers { #expect(!source.contains(marker), "\(path) shows \(marker)") }
            }
            try await browser.click("main form button")
            try await browser.wait(for: "#checks") { $0.contains("made") }
            try await PageAudit.expectFine("health", in: browser, named: "health-checked")
        }

        /// Everything can be reached without a mouse, and shows where one is.
        private static func useKeyboard(_ browser: Browser) async throws {
            let (tabulator, enter) = ("\\uE004", "\\uE007")
            let focused = """
                const e = document.activeElement, s = getComputedStyle(e);
                return [e.innerText, parseFloat(s.outlineWidth) >= 2 && s.outlineStyle !== 'none',
                  e.getBoundingClientRect().left >= 0].join('|');
                """
            try await browser.open("/")
            try await browser.press(tabulator)
            #expect(try await browser.run(focused).string == "To the content|true|true")
            try await browser.press(tabulator, tabulator)
            #expect(try await browser.run(focused).string == "Overview|true|true")
            try await browser.press(tabulator)
            #expect(try await browser.run(focused).string == "Batches|true|true")
            try await browser.press(enter)
            try await browser.wait(for: "h1") { $0 == "Batches" }
            try await browser.press(tabulator, enter)
            #expect(try await browser.run("return document.activeElement.id").string == "main")
        }

        @Test("A page shows what has changed since it was asked for and before it was told of changes")
        func changeBeforeTheStream() async throws {
            try await EndToEndInstallation.with(settings: Self.settings) { installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                let token = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: 0)
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await browser.open("/batches")
                    try await browser.type(token, into: "input[name=token]")
                    try await browser.click("form button")
                    try await browser.wait(for: "h1") { $0 == "Batches" }
                    try await browser.click("#live-state button")
                    try await browser.wait(for: "#live-state") { $0.hasPrefix("Updates are held.") }
                    #expect(try await browser.text("#rows")?.contains("day-1") == false)
                    #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                    await daemon.waitForError(containing: "batch is over batch=day-1")
                    #expect(try await browser.text("#rows")?.contains("day-1") == false)
                    try await browser.click("#live-state button")
                    try await browser.wait(for: "#rows") { $0.contains("day-1") && $0.contains("completed") }
                }
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
            }
        }

        @Test("Without scripts the pages show everything and do everything", arguments: [false, true])
        func withoutScripts(isOnPostgreSQL: Bool) async throws {
            let settings = Self.settings + "confirm_above: { calls: 2 }\n"
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: isOnPostgreSQL) { installation in
                try installation.write(Accounts.csv(5), to: "day.csv")
                let token = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: 0)
                #expect(try await installation.rollcall("submit", "day.csv").status == 3)
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await browser.allowScripts(false)
                    try await browser.open("/")
                    try await browser.type(token, into: "input[name=token]")
                    try await browser.click("form button")
                    // From what waits to its start: two clicks.
                    try await browser.click("#attention a[href$='/start']")
                    try await browser.click("#do")
                    await daemon.waitForError(containing: "batch is over batch=day-1")
                    try await browser.open("/batches/day-1")
                    #expect(try await browser.source.contains("completed"))
                    #expect(try await browser.source.contains("start"))
                }
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
            }
        }

        @Test(
            "A viewer may look and not act, a script has the commands' JSON, and ids are shown only where settings say so",
            arguments: [false, true])
        func rolesAndScripts(isOnPostgreSQL: Bool) async throws {
            let settings = Self.settings.replacing("admin: {", with: "admin: { show_ids: true, downloads: true,")
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: isOnPostgreSQL) { installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                let viewer = try await installation.adminToken("viewer")
                let op = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: 0)
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                await daemon.waitForError(containing: "batch is over batch=day-1")
                let status = try await Self.get("\(site)/api/v1/status", viewer)
                #expect(status.status == 200 && status.text.contains(#""succeeded":3"#))
                let told = try await installation.rollcall(
                    "ledger", "--from", "2020-01-01", "--to", "2099-12-31", "--json")
                let ledger = try await Self.get("\(site)/api/v1/ledger?from=2020-01-01&to=2099-12-31", viewer)
                #expect(ledger.text == told.output)
                let records = try await Self.get("\(site)/batches/day-1/records?status=succeeded", viewer)
                #expect(records.text.contains(">r2</td>"))
                let file = "\(site)/batches/day-1/files/results.csv"
                #expect(try await Self.get(file, viewer).status == 404)
                let results = try await Self.get(file, op)
                #expect(results.text == (try installation.text("out/day-1/results.csv")))
                let report = try await Self.get("\(site)/batches/day-1/files/report.html", viewer)
                #expect(report.text == (try installation.text("out/day-1/report.html")))
                let audit = try await installation.rollcall("audit")
                #expect(audit.output.contains("read_records") && audit.output.contains("viewer (page)"))
                #expect(audit.output.contains("export") && audit.output.contains("results.csv"))
                for path in ["/batches/..%2f..%2fetc/files/x", "/batches/day-1/files/..%2fsummary.json", "/batches/no"]
                {
                    #expect([400, 404].contains(try await Self.get(site + path, op).status), "\(path)")
                }
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
            }
        }

        private static func get(_ url: String, _ token: String) async throws -> (status: Int, text: String) {
            var request = URLRequest(url: try #require(URL(string: url)))
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (data, response) = try await URLSession.shared.data(for: request)
            return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
        }
    }
}

extension EndToEndInstallation {
    /// A new token of a role.
    func adminToken(_ role: String) async throws -> String {
        let made = try await rollcall("admin", "token", "--role", role)
        #expect(made.status == 0, "\(made.errors)")
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension RollcallProcess {
    /// The port at which a daemon's administration listens.
    func administrationPort() async throws -> Int {
        let words = "metrics and health checks are answered port="
        await waitForError(containing: words)
        let line = { (self.errorsSoFar.components(separatedBy: words).last ?? "").components(separatedBy: "\n") }
        try await waitUntil { line().count > 1 }
        return try #require(Int(line()[0]))
    }
}
