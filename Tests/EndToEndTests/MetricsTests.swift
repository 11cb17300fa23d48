import Emulator
import Foundation
import FoundationNetworking
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Processes {
    @Suite("Metrics and health checks of the daemon")
    struct MetricsTests {
        /// The names that dashboards and alert rules are written for.
        static let names: Set = [
            "rollcall_calls_total", "rollcall_call_duration_seconds", "rollcall_records",
            "rollcall_contract_rate_per_second", "rollcall_allowed_rate_per_second",
            "rollcall_closed_until_timestamp_seconds", "rollcall_calls_in_flight", "rollcall_oldest_queued_seconds",
            "rollcall_retries_total", "rollcall_spend_total", "rollcall_cap_used_ratio", "rollcall_database_bytes",
            "rollcall_database_wal_bytes", "rollcall_job_last_success_timestamp_seconds",
            "rollcall_key_end_timestamp_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
            "process_virtual_memory_bytes", "process_start_time_seconds", "process_open_fds", "process_max_fds",
        ]

        @Test(
            "What a scraper reads equals the calls that were made, and tells nothing of a person",
            arguments: [false, true])
        func metrics(isOnPostgreSQL: Bool) async throws {
            let settings =
                EndToEndInstallation.fast.replacing("limits: {", with: "limits: { daily_calls: 1000,")
                + "admin: { listen: \"127.0.0.1:0\" }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n"
            try await EndToEndInstallation.with(settings: settings, onPostgreSQL: isOnPostgreSQL) { installation in
                let made = try await installation.rollcall("admin", "token")
                #expect(made.status == 0, "\(made.errors)")
                let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                #expect(try await Self.get("healthz", port).status == 200)
                #expect(try await Self.get("readyz", port).status == 200)
                #expect(try await Self.get("metrics", port).status == 401)
                #expect(try await Self.get("metrics", port, token: token + "0").status == 401)

                try installation.write(Accounts.csv(40), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                await daemon.waitForError(containing: "batch is over batch=day-1")
                let answer = try await Self.get("metrics", port, token: token)
                #expect(answer.status == 200)
                let values = Self.values(answer.text)
                // A server's log is not the database's alone.
                let missing: Set = isOnPostgreSQL ? ["rollcall_database_wal_bytes"] : []
                #expect(Self.names(answer.text) == Self.names.subtracting(missing))
                #expect(values["rollcall_calls_total{outcome=\"succeeded\"}"] == 40)
                #expect(values["rollcall_call_duration_seconds_count"] == 40)
                #expect(installation.emulator.calls.total == 40)
                #expect(values["rollcall_records{status=\"succeeded\"}"] == 40)
                #expect(values["rollcall_spend_total{currency=\"USD\"}"] == 10)
                #expect(values["rollcall_cap_used_ratio{cap=\"daily_calls\"}"] == 0.04)
                #expect(values["rollcall_contract_rate_per_second"] == 2000)
                let end = try #require(values["rollcall_key_end_timestamp_seconds{key=\"api.client_certificate\"}"])
                #expect(end > Date.now.timeIntervalSince1970)
                let sizes = ["process_resident_memory_bytes", "process_open_fds", "rollcall_database_bytes"]
                for name in sizes + (isOnPostgreSQL ? [] : ["rollcall_database_wal_bytes"]) {
                    #expect(try #require(values[name]) > 0)
                }
                let help = answer.text.split(separator: "\n").filter { $0.hasPrefix("# HELP ") }
                #expect(help.allSatisfy { $0.hasSuffix("(of this node)") || $0.hasSuffix("(of the database)") })
                #expect(Set(values.keys).count == values.count && answer.text.hasSuffix("\n"))
                for account in Accounts.csv(40).split(separator: "\n").dropFirst() {
                    for cell in account.split(separator: ",") where cell.count > 3 {
                        #expect(!answer.text.contains(cell))
                    }
                }
                // The connection of these requests is still open, and does not keep the daemon.
                try await installation.end(daemon)
            }
        }

        @Test("A port that is taken keeps no batch from running")
        func takenPort() async throws {
            let taken = try LoopbackPort(.listening)
            let settings = EndToEndInstallation.fast + "admin: { listen: \"127.0.0.1:\(taken.number)\" }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                let daemon = try await installation.daemon(folders: 0)
                await daemon.waitForError(containing: "cannot be listened on")
                try installation.write(Accounts.csv(3), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)
                #expect(installation.emulator.calls.total == 3)
            }
            withExtendedLifetime(taken) {}
        }

        private static func get(_ path: String, _ port: Int, token: String? = nil) async throws -> (
            status: Int, text: String
        ) {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/\(path)")))
            if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
            let (data, response) = try await URLSession.shared.data(for: request)
            return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
        }

        private static func values(_ text: String) -> [String: Double] {
            var values: [String: Double] = [:]
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                    Issue.record("not a metric: \(line)")
                    continue
                }
                if values.updateValue(value, forKey: String(line[..<space])) != nil { Issue.record("twice: \(line)") }
            }
            return values
        }

        private static func names(_ text: String) -> Set<String> {
            Set(
                text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
                    String($0.split(separator: " ")[2])
                })
        }
    }
}
