import Basics
import Foundation
import RecordStore
import Settings

/// The doctor's checks of how long data is kept: what the settings say, what is due, and what is older and still needed.
struct RetentionChecks {
    let place: Installation

    func findings(at now: WallTime = WallTime.now()) async -> [Finding] {
        let rules = place.retentionRules
        guard !rules.keepEverything else {
            let remedy = Hint.help(["purge"])
            return [.fine(Self.check, "not set: everything is kept until it is purged by hand, as \(remedy) says")]
        }
        let ages = Self.text(of: rules.settings.retention)
        do {
            guard try await place.database.exists() else { return [.fine(Self.check, ages)] }
            return try await findings(by: rules, ages, at: now)
        } catch {
            return [.failure(Self.check, "\(ages); what is due is not known: \(OperationFailure(error).message)")]
        }
    }

    private static let check = "retention"
    /// How many batches and folders one finding names.
    private static let mostNamed = 10

    /// `payloads 30d, results 90d; ledger, archive, outputs and rejected are kept`.
    static func text(of retention: Settings.Retention) -> String {
        let kinds = Settings.Retention.Kind.allCases
        let ages = kinds.compactMap { kind in retention[kind].map { "\(kind.rawValue) \($0.settingText)" } }
        let kept = kinds.filter { retention[$0] == nil }.map(\.rawValue)
        guard !ages.isEmpty else { return "by jobs alone; what they leave out is kept" }
        return ages.joined(separator: ", ") + (kept.isEmpty ? "" : "; kept: \(kept.joined(separator: ", "))")
    }

    private func findings(by rules: RetentionRules, _ ages: String, at now: WallTime) async throws -> [Finding] {
        let (plan, named, forgotten) = try await place.reading { store in
            let plan = try await rules.plan(of: store, at: now)
            return (plan, try await plan.namedFolders(in: store), try await store.forgottenPersons())
        }
        let files = await BlockingWork.run {
            RetentionFiles(of: plan, named: named, under: rules, since: forgotten, at: now)
        }
        let due = Self.due(plan, files: files.count)
        return [Self.finding(ages, due: due, isErasing: try await isErasing)]
            + Self.warning("is not purged: ", plan.kept.map { "\($0.batch.name) \($0.text)" })
            + Self.warning("cannot be looked at: ", files.faults)
    }

    private var isErasing: Bool {
        get async throws {
            if case .daemon = try await place.runner() { true } else { false }
        }
    }

    /// What is due, kind by kind; nil: nothing.
    static func due(_ plan: RetentionPlan, files: Int) -> String? {
        let kinds: [Settings.Retention.Kind] = [.payloads, .results, .ledger]
        var parts = kinds.compactMap { kind -> String? in
            let count = plan.due.count { $0.kinds.contains(kind) }
            return count == 0 ? nil : "\(kind.rawValue) of \(Counted.things(count, "batch"))"
        }
        if files > 0 { parts.append(Counted.things(files, "file")) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    static func finding(_ ages: String, due: String?, isErasing: Bool) -> Finding {
        guard let due else { return .fine(check, "\(ages); nothing is due") }
        return isErasing
            ? .fine(check, "\(ages); due: \(due), which the daemon erases within a day")
            : .warning(
                check,
                "\(ages); due: \(due), and no daemon runs that would erase it: start it with \(Hint.daemon), or erase it as "
                    + "\(Hint.help(["purge"])) says")
    }

    private static func warning(_ beginning: String, _ obstacles: [String]) -> [Finding] {
        guard !obstacles.isEmpty else { return [] }
        let rest = obstacles.count > mostNamed ? ["and \(Counted.number(obstacles.count - mostNamed)) more"] : []
        let all = (obstacles.prefix(mostNamed) + rest).joined(separator: "; ")
        return [.warning(check, "what is older than its retention \(beginning)\(all)")]
    }
}
