import Emulator
import Foundation
import FoundationNetworking
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Commands {
    @Suite("The administration's pages and their JSON, from a daemon", .timeLimit(.minutes(5)))
    struct AdministrationPagesTests {
        private static let settings =
            EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 1000,")
            + "admin: { listen: \"127.0.0.1:0\" }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n"

        @Test(
            "A viewer may look and not act, a script has the commands' JSON, and ids are shown only where settings say so"
        )
        func rolesAndScripts() async throws {
            let settings = Self.settings.replacing("admin: {", with: "admin: { show_ids: true, downloads: true,")
            try await EndToEndInstallation.with(settings: settings) { installation in
                try installation.write(Accounts.csv(3), to: "day.csv")
                let viewer = try await Self.token("viewer", in: installation)
                let op = try await Self.token("operator", in: installation)
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
                #expect(records.text.contains("<td class=\"wrap\">r2</td>"))
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
                try await Self.expectLedgerEqualsCalls(installation)
            }
        }

        private static func token(_ role: String, in installation: EndToEndInstallation) async throws -> String {
            let made = try await installation.rollcall("admin", "token", "--role", role)
            #expect(made.status == 0, "\(made.errors)")
            return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private static func get(_ url: String, _ token: String) async throws -> (status: Int, text: String) {
            var request = URLRequest(url: try #require(URL(string: url)))
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (data, response) = try await URLSession.shared.data(for: request)
            return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
        }

        private static func expectLedgerEqualsCalls(_ installation: EndToEndInstallation) async throws {
            let calls = try await installation.reading { store in
                try await store.batches().reduce(0) { $0 + $1.counts.calls }
            }
            #expect(calls == installation.emulator.calls.total)
        }
    }
}

extension RollcallProcess {
    /// The port at which a daemon's administration listens.
    func administrationPort() async throws -> Int {
        let words = "metrics and health checks are answered port="
        await waitForError(containing: words)
        let line = { self.errorsSoFar.components(separatedBy: words)[1].components(separatedBy: "\n") }
        try await waitUntil { line().count > 1 }
        return try #require(Int(line()[0]))
    }
}
