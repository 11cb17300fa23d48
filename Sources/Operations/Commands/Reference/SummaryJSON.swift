package import RecordStore
package import Results

/// What the members of `summary.json` hold, for docs/results.md.
extension BatchSummary: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .batch: "which batch, made from what"
        case .state: "where it is on its way, see [states.md](states.md)"
        case .reason: "why it is in that state; absent: nothing to say"
        case .records: "records by status; every input line is counted once"
        case .calls: "what the ledger adds up to"
        case .cost: "what the calls cost"
        case .times: "when things happened, ISO 8601 in UTC"
        case .latency: "how long answered calls took, each record's last one; absent where none was answered"
        case .scores:
            "for each score that an answer has, how the answers are distributed; absent in summaries of versions that did "
                + "not count them"
        case .timeline: "when the lines came to their end; absent before the first call"
        case .provenance: "who took the batch in, with which version, settings, endpoint and keys"
        case .audit: "the end of the audit when this was made: see [security.md](security.md#the-audit)"
        case .files: "the result files; `summary.json` itself is not among them"
        }
    }
}

extension BatchSummary.Identity: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .number: "its number"
        case .name: "its name"
        case .job: "its job"
        case .file: "the input file's name"
        case .format: "`csv` or `jsonl`"
        case .inputSHA256: "SHA-256 of the input file"
        }
    }
}

extension BatchSummary.Records: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .total: "lines of the input that hold a record"
        case .queued: "waiting for a call"
        case .inFlight: "under way"
        case .succeeded: "answered"
        case .failed: "refused for good, or out of attempts"
        case .inDoubt: "perhaps billed, without an answer recorded"
        case .invalid: "refused before any call"
        case .reused: "answered from an identical record"
        case .cancelled: "given up before their call"
        }
    }
}

extension BatchSummary.Calls: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .attempts: "rows of the ledger"
        case .made: "sent, or maybe sent"
        case .retries: "times a record was queued again"
        case .open: "under way"
        case .inDoubtRetried: "records in doubt that the job's policy sent again; their calls are among those made"
        case .billable: "answered with 200: billed"
        case .notBillable: "certainly not billed: never left, or refused"
        case .maybeBillable: "perhaps billed"
        case .possibleDoubleBills: "calls beyond a record's first that were or may have been billed"
        }
    }
}

extension Cost: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .currency: "of the price list; null without `pricing`, as are the others"
        case .certain: "of the calls that were certainly billed"
        case .atMost: "with those that may have been"
        }
    }
}

extension BatchSummary.Times: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .created: "when the batch was made"
        case .ingested: "when its file had been read"
        case .started: "when its first record was claimed"
        case .finished: "when it was over"
        case .written: "when this was made"
        case .runningSeconds: "from the first claim to the end, or to `written` while it runs"
        }
    }
}

extension BatchSummary.Latency: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .median: "half of them took no longer"
        case .p95: "95 in a hundred"
        case .p99: "99 in a hundred"
        case .longest: "all"
        }
    }
}

extension BatchSummary.ScoreCounts: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .column: "its column of `results.csv`"
        case .answers: "answers in each group of its values, from the lowest to the highest"
        case .outside: "answers with a value outside the documented range"
        }
    }
}

extension SettlementTimeline: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .from: "when the first step begins"
        case .stepSeconds: "how long a step is; there are at most \(capacity)"
        case .answered: "lines that were answered in each step"
        case .failed: "lines that failed"
        case .inDoubt: "lines that ended in doubt"
        }
    }
}

extension BatchSummary.Origin: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .user: "who"
        case .host: "on which machine"
        case .version: "of Rollcall"
        case .settingsHash: "SHA-256 of the settings"
        case .endpoint: "the API's address"
        case .keyID: "the encryption key's id"
        case .certificateFingerprint: "SHA-256 of the client certificate"
        }
    }
}

extension AuditHead: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .entries: "how many entries it had"
        case .hash: "the last one's hash"
        }
    }
}

extension BatchSummary.File: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .name: "its name in the batch's folder"
        case .bytes: "its size"
        case .sha256: "SHA-256 of its content"
        }
    }
}
