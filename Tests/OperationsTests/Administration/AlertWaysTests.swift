import Basics
import Foundation
import IdentityInsightsClient
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

/// From what the first page says of each alert to the button or the checks that deal with it, by the links of the pages
/// themselves, and by clicks in a browser: a real daemon, its real pages, each alert brought about as it is at night.
@Suite("The way from an alert to what is done about it", .timeLimit(.minutes(30)))
struct AlertWaysTests {
    /// An alert, and the way from it.
    private struct Way {
        let alert: String
        /// What the first page says.
        let text: String
        /// The words of the links to be followed, the first one beside that text.
        let clicks: [String]
        /// What stands on the page where the way ends; a button there is one more click.
        let goal: String

        init(_ alert: String, _ text: String, _ clicks: [String], goal: String) {
            (self.alert, self.text, self.clicks, self.goal) = (alert, text, clicks, goal)
        }
    }

    private static let button = "<button id=\"do\""
    private static let checks = "Run all checks"

    /// Those of a daemon at work.
    private static let atWork = [
        Way("awaiting confirmation", "dear-1 waits for confirmation", ["Start"], goal: button),
        Way("in doubt", "cut-2: 1 record in doubt", ["Decide", "Send again"], goal: "Possible double bills"),
        Way("in doubt, given up", "cut-2: 1 record in doubt", ["Decide", "Resolve as failed"], goal: button),
        Way("rejected file", "A file was rejected: drop", ["Jobs", "Upload a file"], goal: "type=\"file\""),
        Way("cap reached", "A cap is reached: capped-3", ["Look", "Resume"], goal: button),
        Way("no file for a due job", "No file for a job: nightly", ["Jobs", "Upload a file"], goal: "type=\"file\""),
        Way("reload failed", "Settings were not read again", ["Check"], goal: checks),
        Way("disk low", "Little room on the disk", ["Check"], goal: checks),
        Way("gate closed for 10 minutes", "No calls for a while", ["Check"], goal: checks),
    ]

    /// Those of one that was away, and whose key the answers do not fit any more.
    private static let afterwards = [
        Way("missed schedule", "A run was missed: nightly", ["Jobs", "Upload a file"], goal: "type=\"file\""),
        Way("certificate ends", "A key ends", ["Check"], goal: checks),
        Way("halted", "Halted: late-5", ["Resume"], goal: button),
        Way("key undecipherable", "late-5 is halted", ["Resume", "Check keys and connection"], goal: checks),
    ]

    private static let header = "id,account_id,name,email\n"
    private static let jobs = [
        "drop": "source: { path: drop, settle: 30s }\n",
        "asks": "source: { path: asks, settle: 30s }\nconfirm: true\n",
        "capped": "source: { path: capped, settle: 30s }\nlimits: { batch_calls: 1 }\n",
        "nightly": "schedule: \"0 */6 * * *\"\nsource: { glob: incoming/*.csv }\n",
    ]

    @Test("At most three clicks lead from each of twelve alerts to the right action")
    func threeClicks() async throws {
        let bench = try await DaemonBench(
            at: 0,
            settings: "limits: { rate: 50 }\nhalt: { probes: 1, probe_interval: 1s, outage: 6h }\n"
                + "admin: { listen: \"127.0.0.1:0\" }\n", jobs: Self.jobs)
        let keys = try Installation(config: bench.file("rollcall.yaml")).credentials().datedKeys
        let end = WallTime(try #require(keys.map(\.end).min()))
        bench.clock.setWall(to: end - 20 * 86_400_000)
        try await bench.startDaemon()
        try await bringAboutWhatComesAtWork(bench)
        try await expect(Self.atWork, in: bench)
        try await walk(Self.atWork, in: bench, startedTimes: 1)
        try await bench.stopDaemon()

        bench.clock.setWall(to: end - 6 * 86_400_000)
        try await bench.startDaemon()
        let rows = (1...4).map { "e\($0),acc-e\($0),Eve Example,iia+wrongkey.\($0)@example.com\n" }
        try bench.write(Self.header + rows.joined(), to: "drop/inbox/late.csv")
        try await bench.pass { try await bench.batch("late-5")?.state == .halted }
        try await expect(Self.afterwards, in: bench)
        try await walk(Self.afterwards, in: bench, startedTimes: 2)
        try await bench.end()
    }

    private func bringAboutWhatComesAtWork(_ bench: DaemonBench) async throws {
        let context = try #require(bench.context)
        func row(_ name: String, _ email: String? = nil) -> String {
            "\(name),acc-\(name),Ada Example,\(email ?? "\(name)@example.com")\n"
        }
        try bench.write(Self.header + row("a"), to: "asks/inbox/dear.csv")
        try await bench.pass { try await bench.batch("dear-1")?.state == .awaitingConfirmation }
        try bench.write(Self.header + row("b") + row("c", "iia+resetx1.1@example.com"), to: "drop/inbox/cut.csv")
        try await bench.pass { try await bench.hasResults("cut-2") }
        try bench.write("shoe,email\n1,x@example.com\n", to: "drop/inbox/shoes.csv")
        try await bench.pass { try bench.names(in: "drop/rejected").count == 2 }
        try bench.write(Self.header + row("f") + row("g"), to: "capped/inbox/capped.csv")
        try await bench.pass { try await bench.batch("capped-3")?.state == .paused }
        try await bench.pass { context.notices.recent.items.contains { $0.text.contains("No file for a job") } }
        let settings = try bench.place.text("rollcall.yaml")
        try bench.write(settings + "no_such_key: 1\n", to: "rollcall.yaml")
        try await bench.reloadDaemon()
        try bench.write(settings, to: "rollcall.yaml")
        context.notices.notifyOfLowDisk(StorageChecks.space(free: 1 << 30, at: "/var"))
        try await bench.takeAPIDown()
        try bench.write(Self.header + row("d"), to: "drop/inbox/down.csv")
        try await bench.pass { context.notices.recent.items.contains { $0.text.contains("No calls for a while") } }
        try await bench.bringAPIUp()
        try await bench.pass { try await bench.hasResults("down-4") }
    }

    private func expect(_ ways: [Way], in bench: DaemonBench) async throws {
        let context = try #require(bench.context)
        let settings = try #require(context.settings.administration)
        let routes = try Administration(
            settings: settings, context: context, changes: AdminChanges(context: context)
        ).routes()
        let token = try AdminTokens(keysFolder: context.settings.keysFolder).make(.operator)
        func page(_ address: String) async -> String {
            let parts = address.split(separator: "?", maxSplits: 1)
            let answer = await routes.answer(
                AdminRequest(
                    method: "GET", path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                    fields: ["authorization": "Bearer \(token)"]))
            #expect(answer.status == 200, "\(address)")
            return answer.text
        }
        for way in ways {
            var html = await page("/")
            var after = way.text
            for click in way.clicks {
                guard let address = Self.link(click, in: html, after: after) else {
                    Issue.record("\(way.alert): no link '\(click)' after '\(after)' in \(html)")
                    break
                }
                (html, after) = (await page(address), "<main")
            }
            let isAButton = way.goal.contains("<button") || way.goal == Self.checks
            #expect(way.clicks.count + (isAButton ? 1 : 0) <= 3, "\(way.alert)")
            #expect(html.contains(way.goal), "\(way.alert): no \(way.goal) in \(html)")
        }
    }

    /// Walks the same ways in a real browser: one who sees the text clicks on the link beside it.
    private func walk(_ ways: [Way], in bench: DaemonBench, startedTimes: Int) async throws {
        let context = try #require(bench.context)
        let ports = { bench.lines.all.filter { $0.message == Self.listening }.compactMap { $0.metadata["port"] } }
        try await waitUntil { ports().count == startedTimes }
        let token = try AdminTokens(keysFolder: context.settings.keysFolder).make(.operator)
        let port = try #require(ports().last)
        try await Browser.with(site: "http://127.0.0.1:\(port)", in: bench.file("")) { browser in
            try await browser.open("/")
            try await browser.type(token, into: "input[name=token]")
            try await browser.click("form button")
            try await browser.wait(for: "#attention") { !$0.isEmpty }
            for way in ways {
                try await browser.open("/")
                try await browser.follow(way.clicks, behind: way.text)
                #expect(try await browser.source.contains(way.goal), "\(way.alert)")
            }
        }
    }

    private static let listening = "metrics and health checks are answered"

    /// The address of the first link with some words behind a text.
    private static func link(_ words: String, in html: String, after text: String) -> String? {
        guard let place = html.range(of: text) else { return nil }
        let links = html[place.upperBound...].matches(of: /<a [^>]*href="([^"]+)"[^>]*>([^<]*)<\/a>/)
        return links.first { $0.output.2 == words }.map { String($0.output.1).replacing("&amp;", with: "&") }
    }
}
