/// What the members of the other commands' JSON, and of notifications, hold, for docs/results.md.
extension CheckFinding: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .file: "its name"
        case .records: "lines that hold a record"
        case .invalid: "those that would not be sent"
        case .blankLines: "lines that hold none"
        case .duplicateRequests: "records that repeat an earlier line"
        case .duplicateIDs: "ids that stand in several lines"
        case .cardLikeIDs: "lines whose id or account looks like a card number"
        case .reused: "records that an earlier answer would serve"
        case .held: "records held because an identical one is in doubt"
        case .billableCalls: "calls that would be billed"
        case .callsThisMonth: "billed calls of the month so far"
        case .seconds: "the least time they take"
        case .cost: "`{currency, certain, at_most}`"
        case .againCalls: "calls of a run with `--again`; absent: not needed"
        case .rules: "broken rules: `column`, `field`, `rule`, `records` and the first `lines`"
        case .notes: "likewise what is noted of records that would be sent"
        case .waits: "why the batch would wait for confirmation; empty: it would run"
        case .knownAs: "the batch of the same file; absent: none"
        case .isKnownFinished: "whether that is over"
        case .sameAs: "the file before it with the same content"
        case .hasLooked: "whether a database could be asked"
        case .notKnown: "what nobody can know beforehand"
        }
    }
}

extension RecordLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .line: "its line in the input"
        case .id: "its id"
        case .status: "its status"
        case .attempts: "calls that were made for it"
        case .reason: "why, in words; absent: nothing to say"
        }
    }
}

extension AttemptLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .line: "the record's line"
        case .number: "its number among the record's attempts"
        case .startedAt: "when it began"
        case .finishedAt: "when it ended; absent while it is under way"
        case .outcome: "what came of it, see [states.md](states.md)"
        case .cause: "what ended it, where no answer did"
        case .httpStatus: "of the answer"
        case .reasonCode: "the API's"
        case .correlationID: "`X-MC-Correlation-ID`"
        case .milliseconds: "how long it took"
        case .billable: "`yes`, `no` or `unknown`"
        case .isCall: "whether it was, or may have been, sent"
        }
    }
}

extension BatchLedgerEnd: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .batch: "its name"
        case .totals: "see below"
        case .cost: "`{currency, certain, at_most}`"
        }
    }
}

extension PeriodLedger: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .from: "the first day"
        case .to: "the last day"
        case .days: "`day`, `batch`, `totals` and `cost` of each"
        case .totals: "of all"
        case .cost: "`{currency, certain, at_most}`"
        case .unknown: "restores that lost nobody knows which calls: `found`, `reason`"
        }
    }
}

extension LedgerSum: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .attempts: "rows of the ledger"
        case .open: "under way"
        case .made: "sent, or maybe sent"
        case .billable: "answered with 200"
        case .notBillable: "certainly not billed"
        case .maybeBillable: "perhaps billed"
        }
    }
}

extension JobListing: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .job: "its name"
        case .file: "its file"
        case .enabled: "whether the daemon runs it"
        case .schedule: "as it is written"
        case .timeZone: "by whose clock"
        case .next: "when it is due next, by that clock"
        case .nextUTC: "the same in UTC"
        case .window: "when calls may be made"
        case .source: "where its files come from"
        case .description: "what it is for"
        case .clockFault: "a time it ran for that is still to come"
        case .error: "what is wrong with its file"
        }
    }
}

extension Finding: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .check: "what was looked at"
        case .level: "`ok`, `warning`, `failure`, or `refused` by a cap"
        case .message: "what was found and what to do"
        }
    }
}

extension PurgeReport: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .isDryRun: "whether nothing was erased"
        case .scope: "how much of each batch"
        case .purged: "`batch`, `lines`, `files`, `purged_before`"
        case .kept: "batches that are needed: `batch`, `reason`"
        case .monthsDestroyed: "months whose key was destroyed"
        case .notRemoved: "what could not be removed"
        case .logIsEmpty: "whether the write-ahead log was emptied"
        }
    }
}

extension AuditLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .entry: "its number"
        case .at: "when"
        case .atMilliseconds: "the same in milliseconds since 1970"
        case .user: "who"
        case .host: "on which machine"
        case .action: "what"
        case .batch: "the batch's number"
        case .detail: "more of it"
        case .version: "of Rollcall"
        case .settingsHash: "SHA-256 of the settings"
        case .endpoint: "the API's address"
        case .keyID: "the encryption key's id"
        case .certificateFingerprint: "SHA-256 of the client certificate"
        case .hash: "the entry's, which the next one holds"
        }
    }
}

extension SettingLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .key: "its path"
        case .value: "what a right one is"
        case .`default`: "as it would be written; absent: none"
        case .about: "what it is for"
        case .place: "`settings`, `job` or `both`"
        case .variable: "the variable that stands over the file; absent: none can"
        }
    }
}

extension BatchNotice: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .event: "what happened"
        case .at: "when"
        case .job: "the job; absent: it concerns all"
        case .batch: "the batch; absent: it concerns none"
        case .file: "its input file, without the folder"
        case .host: "the machine on which the daemon runs"
        case .state: "its state"
        case .counts: "records by status, and `total`"
        case .calls: "calls that left or may have left"
        case .cost: "`{currency, certain, at_most}`; absent where it was not asked"
        case .reason: "why"
        case .remedy: "what to do, in words"
        case .next: "the command that does it; absent: none would"
        case .results: "the folder of the results"
        case .due: "when the last missed run was due"
        case .missed: "how many runs were missed"
        }
    }
}

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
