import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// How the daemon stands, and what the doctor found.
struct HealthPage: Equatable {
    /// A check.
    struct Row: Equatable {
        let check: String
        let level: String
        let tone: String
        let message: String

        init(_ finding: Finding) {
            (check, message) = (finding.check, finding.message)
            (level, tone) =
                switch finding.level {
                case .fine: ("ok", Tone.good.rawValue)
                case .warning: ("warning", Tone.warning.rawValue)
                case .failure: ("failed", Tone.bad.rawValue)
                case .refused: ("refused", Tone.warning.rawValue)
                }
        }
    }

    let facts: [BatchPage.Fact]
    let checkedAt: String?
    let rows: [Row]

    /// Makes the page; what is wrong comes first.
    init(_ context: DaemonContext, _ checked: (findings: [Finding], at: WallTime)?) {
        let (status, configuration) = (RunnerStatus(of: context), context.configuration)
        let now = context.clock.now
        let facts: [(String, String)] =
            [
                ("Version", "\(Version.current), process \(status.process) on \(status.host)"),
                ("Up since", NumberFormat.time(status.startedAt)),
                ("Settings read", "\(NumberFormat.time(status.loadedAt)), \(configuration.place.settings.path)"),
                ("Endpoint", configuration.place.settings.api.baseURL),
                ("Gate", status.waiting(at: now.date) ?? "open"),
                ("Disk", context.store.storageCondition.waiting ?? "has room"),
            ]
            + configuration.datedKeys.sorted { $0.end < $1.end }.map {
                ($0.setting, $0.notice(at: now.date) ?? "ends \(NumberFormat.time($0.end)) (\($0.subject))")
            }
        self.facts = facts.map { BatchPage.Fact(name: $0.0, value: $0.1) }
        checkedAt = checked.map { NumberFormat.time($0.at) }
        let gravest: [Finding.Level] = [.failure, .refused, .warning, .fine]
        rows = gravest.flatMap { level in (checked?.findings ?? []).filter { $0.level == level } }.map(Row.init)
    }
}
