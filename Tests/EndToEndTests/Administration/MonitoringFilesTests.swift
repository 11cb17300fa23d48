import Foundation
import JSON
import TestSupport
import Testing

/// What packaging/ has for Prometheus and Grafana, tried with Prometheus' own tool.
@Suite("Alert rules and the dashboard")
struct MonitoringFilesTests {
    private static let rules = Documentation.root.appending(path: "packaging/prometheus")
    static let dashboard = Documentation.root.appending(path: "packaging/grafana/rollcall.json")

    static func promtool(_ arguments: [String], in folder: String) async throws -> RollcallProcess.Ended {
        try await RollcallProcess(arguments, in: folder, executable: URL(filePath: "/usr/bin/promtool")).wait()
    }

    @Test("The alert rules do what they say, at the times they say")
    func alerts() async throws {
        for arguments in [["check", "rules", "rollcall.rules.yml"], ["test", "rules", "rollcall.rules.test.yml"]] {
            let ended = try await Self.promtool(arguments, in: Self.rules.path)
            #expect(ended.status == 0, "\(ended.output) \(ended.errors)")
        }
    }

    /// The queries of the dashboard.
    static func queries() throws -> [String] {
        let root = try JSONDocument(parsing: Array(Data(contentsOf: dashboard))).root
        return try #require(root["panels"]).elements.flatMap { panel in
            (panel["targets"].map { Array($0.elements) } ?? []).compactMap { $0["expr"]?.string }
        }
    }

    @Test("Each query of the dashboard is one, and asks only for metrics that there are")
    func queriesOfTheDashboard() async throws {
        let queries = try Self.queries()
        #expect(queries.count > 15)
        let folder = try TemporaryFolder()
        let groups = queries.enumerated().map { number, query in
            "  - record: rollcall:query\(number)\n    expr: \(query.replacing("$__rate_interval", with: "5m"))\n"
        }
        try Data(("groups:\n- name: dashboard\n  rules:\n" + groups.joined()).utf8).write(
            to: URL(filePath: folder.path + "/queries.yml"))
        let ended = try await Self.promtool(["check", "rules", "queries.yml"], in: folder.path)
        #expect(ended.status == 0, "\(ended.output) \(ended.errors)")
        let written = try String(contentsOf: Self.rules.appending(path: "rollcall.rules.yml"), encoding: .utf8)
        for text in queries + [written] {
            for name in text.matches(of: /rollcall_[a-z_]+/) {
                let metric = name.output.replacing(/_bucket$/, with: "")
                #expect(EndToEnd.Processes.MetricsTests.names.contains(String(metric)), "\(metric)")
            }
        }
    }
}
