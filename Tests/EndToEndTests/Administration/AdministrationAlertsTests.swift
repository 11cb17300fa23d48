import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Pages {
    /// Those alerts that come about without waiting for a clock, on both engines, and on PostgreSQL also the others, which on
    /// SQLite are walked in process with a clock of their own.
    @Suite("From an alert to what is done about it, where nodes share a database", .timeLimit(.minutes(15)))
    struct AdministrationAlertsTests {
        private static let settings =
            EndToEndInstallation.fast + "admin: { listen: \"127.0.0.1:0\" }\n"

        private static let jobs = [
            "drop": "source: { path: drop, settle: 50ms }\n",
            "asks": "source: { path: asks, settle: 50ms }\nconfirm: true\n",
            "capped": "source: { path: capped, settle: 50ms }\nlimits: { batch_calls: 1 }\n",
        ]

        /// What the first page says, the links to follow from there, and what the page holds where the way ends.
        private typealias Way = (text: String, clicks: [String], goal: String)

        private static let ways: [Way] = [
            ("dear-1 waits for confirmation", ["Start"], "<button id=\"do\""),
            ("cut-2: 1 record in doubt", ["Decide", "Send again"], "Possible double bills"),
            ("cut-2: 1 record in doubt", ["Decide", "Resolve as failed"], "<button id=\"do\""),
            ("A file was rejected: drop", ["Jobs", "Upload a file"], "type=\"file\""),
            ("A cap is reached: capped-3", ["Look", "Resume"], "<dd id=\"calls\">0"),
            ("Settings were not read again", ["Check"], "Run all checks"),
            ("Halted: late-4", ["Resume"], "<button id=\"do\""),
            ("late-4 is halted", ["Resume", "Check keys and connection"], "Run all checks"),
        ]

        @Test("At most three clicks lead to the right action", arguments: [false, true])
        func threeClicks(isOnPostgreSQL: Bool) async throws {
            try await EndToEndInstallation.with(settings: Self.settings, onPostgreSQL: isOnPostgreSQL) { installation in
                try installation.makeFolder("jobs")
                for (name, text) in Self.jobs { try installation.write(text, to: "jobs/\(name).yaml") }
                let token = try await installation.adminToken("operator")
                let daemon = try await installation.daemon(folders: Self.jobs.count)
                try await Self.bringAbout(installation, daemon)
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await Self.signIn(token, browser)
                    #expect(try await browser.source.contains(">Nodes</h2>") == isOnPostgreSQL)
                    for way in Self.ways { try await Self.walk(way, browser) }
                }
                let status = try await installation.rollcall("status")
                #expect(status.output.contains("nodes: ") == isOnPostgreSQL && status.status == 0)
                #expect(status.output.contains("at work") == isOnPostgreSQL)
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
            }
        }

        /// As ``ways``; the minute that a schedule takes is awaited.
        private static let waysOfClocks: [Way] = [
            ("No file for a job: nightly", ["Jobs", "Upload a file"], "type=\"file\""),
            ("A run was missed: nightly", ["Jobs", "Upload a file"], "type=\"file\""),
            ("No calls for a while", ["Check"], "Run all checks"),
            ("Another authority ends in", ["Check"], "Run all checks"),
            ("Little room on the disk", ["Check"], "Run all checks"),
        ]

        @Test(
            "At most three clicks from those that wait for a clock, where nodes share a database",
            .enabled(if: MountNamespace.isPossible, "for which root and a mount namespace are needed"))
        func clocks() async throws {
            let settings =
                Self.settings + "node: { name: a, folder: var/node }\nnotify: { command: [\"true\"], after: 0s }\n"
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: true) { installation in
                try installation.makeFolder("jobs")
                try installation.write(Self.jobs["drop"] ?? "", to: "jobs/drop.yaml")
                let nightly = "schedule: \"* * * * *\"\nsource: { glob: incoming/*.csv }\n"
                try installation.write(nightly, to: "jobs/nightly.yaml")
                var profile = MadeCertificate.Profile.authority("Another authority")
                profile.end = .now + 6 * 86_400
                let ending = String(decoding: try MadeCertificate(profile).pem(), as: UTF8.self)
                let authorities = try installation.text("pki/ca.pem") + ending
                try installation.write(authorities, to: "pki/ca.pem")
                let disk = try await SmallDisk(megabytes: 24, in: installation)
                let token = try await disk.rollcall("admin", "token", "--role", "operator").output
                let first = try disk.start(["daemon"])
                await first.waitForError(containing: "no file for a job that is due")
                try await installation.end(first)
                try installation.run("UPDATE rollcall.schedules SET last_due = last_due - 600000")
                let daemon = try disk.start(["daemon"])
                await daemon.waitForError(containing: "schedule was missed while nobody ran")
                let unavailable = (1...12).map { Accounts.line($0, email: "iia+503.\($0)@example.com") }
                try installation.drop(Accounts.header + unavailable.joined(), as: "down.csv", into: "drop/inbox")
                let site = "http://127.0.0.1:\(try await daemon.administrationPort())"
                try await Browser.with(site: site, in: installation.path) { browser in
                    try await Self.signIn(token.trimmingCharacters(in: .whitespacesAndNewlines), browser)
                    for way in Self.waysOfClocks {
                        try await browser.open("/")
                        try await browser.wait(for: "main") { $0.contains(way.text) }
                        try await Self.walk(way, browser)
                    }
                }
                try await installation.end(daemon)
                try await installation.expectCountersEqualCalls()
                try await disk.end()
            }
        }

        private static func signIn(_ token: String, _ browser: Browser) async throws {
            try await browser.open("/")
            try await browser.type(token, into: "input[name=token]")
            try await browser.click("form button")
            try await browser.wait(for: "#attention") { !$0.isEmpty }
        }

        private static func walk(_ way: Way, _ browser: Browser) async throws {
            try await browser.open("/")
            try await browser.follow(way.clicks, behind: way.text)
            #expect(try await browser.source.contains(way.goal), "\(way.text)")
        }

        private static func bringAbout(_ installation: EndToEndInstallation, _ daemon: RollcallProcess) async throws {
            func state(_ name: String, becomes state: BatchState) async throws {
                try await waitUntil {
                    try await installation.reading { try await $0.batch(named: name)?.state } == state
                }
            }
            try installation.drop(Accounts.csv(1), as: "dear.csv", into: "asks/inbox")
            try await state("dear-1", becomes: .awaitingConfirmation)
            let cut = Accounts.header + Accounts.line(2) + Accounts.line(3, email: "iia+resetx1.1@example.com")
            try installation.drop(cut, as: "cut.csv", into: "drop/inbox")
            try await state("cut-2", becomes: .completed)
            try installation.drop("shoe,email\n1,x@example.com\n", as: "shoes.csv", into: "drop/inbox")
            try await waitUntil { try installation.names(in: "drop/rejected").count == 2 }
            try installation.drop(
                Accounts.header + Accounts.line(4) + Accounts.line(5), as: "capped.csv", into: "capped/inbox")
            try await state("capped-3", becomes: .paused)
            let settings = try installation.text("rollcall.yaml")
            try installation.write(settings + "no_such_key: 1\n", to: "rollcall.yaml")
            daemon.signal(SIGHUP)
            await daemon.waitForError(containing: "nothing was changed: settings, jobs or keys are wrong")
            try installation.write(settings, to: "rollcall.yaml")
            let unreadable = (6...9).map { Accounts.line($0, email: "iia+wrongkey.\($0)@example.com") }
            try installation.drop(Accounts.header + unreadable.joined(), as: "late.csv", into: "drop/inbox")
            try await state("late-4", becomes: .halted)
        }
    }
}
