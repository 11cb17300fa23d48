import RecordStore
import Settings

/// The doctor's look at what the daemon needs: its jobs with their folders, schedules, groups and commands; and whether
/// one runs.
struct DaemonChecks {
    let place: Installation

    func findings() -> [Finding] {
        do {
            return try JobsCheckOperation.findings([], settings: place.settings).map(named) + [runner()]
        } catch {
            return [.failure("jobs", OperationFailure(error).message), runner()]
        }
    }

    private func runner() -> Finding {
        do {
            guard let process = try RecordStore.runnerProcess(ofDatabase: place.settings.database) else {
                return .fine("runner", "nobody runs batches now")
            }
            return .fine("runner", "process \(process) runs batches now")
        } catch {
            return .failure("runner", OperationFailure(error).message)
        }
    }

    /// Among other checks a job's name alone would say too little.
    private func named(_ finding: Finding) -> Finding {
        let isAboutAll = finding.check == "jobs"
        return Finding(
            check: isAboutAll ? "jobs" : "job \(finding.check)", level: finding.level, message: finding.message)
    }
}
