/// What the members of `status --json` hold, for docs/results.md.
extension StatusReport: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .runner: "the process that runs the database; null: none"
        case .restore: "what batches wait for since a restore (`since`, `reason`, `next`); null: nothing"
        case .nodes: "the nodes that share the database, as `nodes` lists them; absent where there is one runner"
        case .batches: "the batches that were asked for, oldest first"
        }
    }
}

extension RunnerReport: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .process: "its number"
        case .kind: "`daemon`, or `run`, which ends with its batches"
        case .version: "its version"
        case .jobs: "how many jobs it knows; absent: it is a run"
        case .since: "when it started"
        case .loadedAt: "when it last read settings, jobs and keys"
        case .gate: "`open`, `closed` or `halted`"
        case .reason: "why the gate is not open"
        case .gateSince: "since when"
        case .probes: "probes sent since it closed"
        case .nextProbeAt: "when the next one leaves; absent while one is under way"
        case .noCallsUntil: "until when a `Retry-After` forbids calls"
        case .allowedRate: "calls per second that are allowed"
        case .diskFullSince: "since when the database has no space; absent while it has"
        }
    }
}

extension BatchStatus: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .batch: "its name"
        case .number: "its number"
        case .job: "its job"
        case .file: "the input file"
        case .state: "its state, see [states.md](states.md)"
        case .isStopped: "whether it is in state running and nobody runs it"
        case .reason: "why it is in that state"
        case .times: "as in `summary.json`; `written` is when it was asked"
        case .purged: "when `payloads`, `results` and `ledger` were erased"
        case .notPurged: "why it is not erased although old enough; absent: it is not, or nothing keeps it"
        case .counts: "records by status, and `total`"
        case .calls: "calls that left or may have left"
        case .retries: "times a record was queued again"
        case .possibleDoubleBills: "calls that may have been paid for twice"
        case .cost: "`{currency, certain, at_most}`"
        case .results: "the folder of its results; absent: none yet"
        case .callsToGo: "calls that are left; absent: none"
        case .secondsToGo: "the least time they take"
        case .rate: "records finished per second over the last seconds, measured; absent: nothing moves, or not yet"
        case .resumeAt: "when a cap that paused it resets"
        case .node: "the node that has taken it up, where its results are; absent where there is one runner"
        }
    }
}
