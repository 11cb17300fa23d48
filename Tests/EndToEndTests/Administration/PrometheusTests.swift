import Emulator
import Foundation
import FoundationNetworking
import JSON
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Pages {
    @Suite("A real Prometheus reads the metrics", .timeLimit(.minutes(15)))
    struct PrometheusTests {
        @Test(
            "What promtool checks is clean, and each query of the dashboard has an answer after a run",
            arguments: [false, true])
        func scraped(isOnPostgreSQL: Bool) async throws {
            let settings =
                EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 1000,")
                + "admin: { listen: \"127.0.0.1:0\" }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n"
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: isOnPostgreSQL) { installation in
                let token = try await installation.adminToken("viewer")
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                let prometheus = try Self.prometheus(of: port, token, in: installation)
                do {
                    let site = try await Self.site(of: prometheus)
                    // Rates want two readings, one of them before the calls.
                    try await Self.wait(for: "rollcall_contract_rate_per_second", at: site) { !$0.isEmpty }
                    try installation.write(Accounts.csv(40), to: "day.csv")
                    #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                    await daemon.waitForError(containing: "batch is over batch=day-1")
                    try await Self.wait(for: "rollcall_records{status='succeeded'}", at: site) { $0 == [40] }
                    for query in try MonitoringFilesTests.queries() {
                        let query = query.replacing("$__rate_interval", with: "1m")
                        try await Self.wait(for: query, at: site) { !$0.isEmpty }
                    }
                    #expect(try await Self.values(of: "sum(rollcall_calls_total)", at: site) == [40])
                    #expect(try await Self.values(of: "rollcall_spend_total", at: site) == [10])
                    #expect(installation.emulator.calls.total == 40)
                } catch {
                    try await Self.end(prometheus)
                    throw error
                }
                try await Self.end(prometheus)
                try await Self.expectClean(port, token, in: installation)
                try await installation.end(daemon)
            }
        }

        private static func prometheus(
            of port: Int, _ token: String, in installation: EndToEndInstallation
        ) throws -> RollcallProcess {
            try installation.write(token, to: "token")
            try installation.write(
                """
                global: { scrape_interval: 1s }
                scrape_configs:
                - job_name: rollcall
                  authorization: { credentials_file: token }
                  static_configs: [ { targets: ["127.0.0.1:\(port)"] } ]
                """, to: "prometheus.yml")
            return try RollcallProcess(
                [
                    "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
                    "--web.listen-address=127.0.0.1:0",
                ], in: installation.path, executable: URL(filePath: "/usr/bin/prometheus"))
        }

        private static func end(_ prometheus: RollcallProcess) async throws {
            prometheus.signal(SIGKILL)
            _ = try await prometheus.wait()
        }

        /// Where it listens, which it says itself.
        private static func site(of prometheus: RollcallProcess) async throws -> String {
            let words = #"msg="Listening on" address="#
            await prometheus.waitForError(containing: words)
            let line = {
                (prometheus.errorsSoFar.components(separatedBy: words).last ?? "").components(separatedBy: "\n")
            }
            try await waitUntil { line().count > 1 }
            return "http://\(line()[0])"
        }

        private static func wait(
            for query: String, at site: String, _ areRight: ([Double]) -> Bool
        ) async throws {
            try await waitUntil { areRight(try await values(of: query, at: site)) }
        }

        /// The values of a query's series; none while Prometheus does not answer yet.
        private static func values(of query: String, at site: String) async throws -> [Double] {
            var components = try #require(URLComponents(string: "\(site)/api/v1/query"))
            components.queryItems = [URLQueryItem(name: "query", value: query)]
            // A plus sign would be read as a blank.
            components.percentEncodedQuery = components.percentEncodedQuery?.replacing("+", with: "%2B")
            let (data, response) = try await URLSession.shared.data(from: try #require(components.url))
            guard (response as? HTTPURLResponse)?.statusCode != 503 else { return [] }
            let root = try JSONDocument(parsing: Array(data)).root
            #expect(root["status"]?.string == "success", "\(query): \(String(decoding: data, as: UTF8.self))")
            return try #require(root["data"]?["result"]).elements.compactMap { series in
                (series["value"].map { Array($0.elements) } ?? []).last?.string.flatMap(Double.init)
            }
        }

        private static func expectClean(
            _ port: Int, _ token: String, in installation: EndToEndInstallation
        ) async throws {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/metrics")))
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (data, _) = try await URLSession.shared.data(for: request)
            let checked = try await RollcallProcess(
                ["check", "metrics"], input: Array(data), in: installation.path,
                executable: URL(filePath: "/usr/bin/promtool")
            ).wait()
            #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
        }
    }
}
