import Basics
import Foundation
import RecordStore
import Results
import Settings

/// `rollcall audit`: who did what, oldest first.
package struct AuditOperation: Sendable {
    private let from: String?
    private let to: String?
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to list: all, or what was done from one day to another as `YYYY-MM-DD` in `limits.time_zone`, both
    /// included.
    package init(from: String?, to: String?, config: String, json: Bool, console: Console = .standard) {
        self.from = from
        self.to = to
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints the entries.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let (first, last) = (try from.map(CallDay.init(text:)), try to.map(CallDay.init(text:)))
        if let first, let last, first > last {
            throw OperationFailure(.usage, "--from \(first.text) comes after --to \(last.text)")
        }
        let zone = place.settings.limits.timeZone
        try await place.reading { store in
            if !json { console.output(AuditLine.header) }
            try await store.forEachAuditEntry { entry in
                let day = CallDay(at: entry.action.at, in: zone)
                guard first.map({ $0 <= day }) ?? true, last.map({ day <= $0 }) ?? true else { return }
                let line = AuditLine(entry)
                console.output(json ? JSONText.text(of: line) : line.text)
                try console.requireOutput()
            }
        }
        return .succeeded
    }
}

/// One entry as `audit` lists it. Its JSON has all that is hashed (docs/security.md).
struct AuditLine: Encodable {
    static let header = "ENTRY\tTIME\tWHO\tACTION\tBATCH\tDETAIL"

    let entry: Int64
    let at: String
    /// The time as it is hashed, in milliseconds since 1970 UTC.
    let atMilliseconds: Int64
    let user: String
    let host: String
    let action: String
    /// The batch's number.
    let batch: Int64?
    let detail: String?
    let version: String
    let settingsHash: String
    let endpoint: String
    let keyID: String
    let certificateFingerprint: String
    /// Lower-case hexadecimal; nil in entries from before there was a chain.
    let hash: String?

    init(_ entry: AuditEntry) {
        let (action, provenance) = (entry.action, entry.action.provenance)
        self.entry = entry.number
        at = Timestamp.text(action.at)
        atMilliseconds = action.at.milliseconds
        (user, host, version) = (provenance.user, provenance.host, provenance.version)
        self.action = action.name.rawValue
        batch = action.batch?.rawValue
        detail = action.detail
        settingsHash = provenance.settingsHash
        (endpoint, keyID) = (provenance.endpoint, provenance.keyID)
        certificateFingerprint = provenance.certificateFingerprint
        hash = entry.hash.map { Hexadecimal.encode($0) }
    }

    /// Tab-separated; control characters cannot break the table.
    var text: String {
        [String(entry), at, "\(user)@\(host)", action, batch.map(String.init) ?? "", detail ?? ""]
            .map(PlainText.line).joined(separator: "\t")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case entry, at, user, host, action, batch, detail, version, endpoint, hash
        case atMilliseconds = "at_ms"
        case settingsHash = "settings_hash"
        case keyID = "key_id"
        case certificateFingerprint = "certificate_fingerprint"
    }
}

/// `rollcall audit --verify`: whether anything was changed, taken out of the audit, or cut off its end.
package struct AuditVerifyOperation: Sendable {
    private let heads: [String]
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes what to verify; `heads` are hashes of entries that were noted elsewhere, such as when a copy was made.
    package init(heads: [String], config: String, json: Bool, console: Console = .standard) {
        self.heads = heads
        self.config = config
        self.json = json
        self.console = console
    }

    /// Reads the whole chain and prints the verdict; 3 where something is broken or missing.
    package func perform() async throws -> ExitStatus {
        for head in heads where head.utf8.count != 64 || Hexadecimal.decode(head.lowercased().utf8) == nil {
            throw OperationFailure(.usage, "--head wants a hash of 64 hexadecimal digits, as summary.json has it")
        }
        let place = try Installation(config: config)
        let verdict = try await place.reading { try await check($0, of: place) }
        console.output(json ? JSONText.text(of: verdict) : verdict.text)
        return verdict.isSound ? .succeeded : .unfinished
    }

    private func check(_ store: RecordStore, of place: Installation) async throws -> AuditVerdict {
        var check = AuditCheck(
            try await Self.headsInSummaries(of: store, place)
                + heads.map { KnownHead(hash: $0.lowercased(), source: "--head") })
        try await store.forEachAuditEntry { try check.take($0) }
        return check.verdict
    }

    /// The heads that the summaries of all batches hold, as far as these lie where their results are written.
    private static func headsInSummaries(of store: RecordStore, _ place: Installation) async throws -> [KnownHead] {
        var heads: [KnownHead] = []
        for batch in try await store.batches() {
            let folders =
                [place.resultsPlace(of: batch).folder(of: batch)] + (try await store.resultFolders(of: batch.id))
            heads += await BlockingWork.run {
                folders.compactMap { folder in
                    // A summary that is gone, or from before there was an audit, says nothing.
                    let json = FileManager.default.contents(atPath: "\(folder)/summary.json")
                    let summary = json.flatMap { try? JSONDecoder().decode(BatchSummary.self, from: $0) }
                    guard let audit = summary?.audit, audit.entries > 0 else { return nil }
                    return KnownHead(
                        hash: audit.hash, source: "the summary of \(batch.name)", entries: audit.entries)
                }
            }
        }
        return heads
    }
}

/// The hash of an entry that is known from elsewhere.
struct KnownHead: Equatable, Sendable {
    /// Lower-case hexadecimal.
    let hash: String
    /// Where it is known from; the subject of a sentence.
    let source: String
    /// The entry's number; nil: any.
    var entries: Int64?
}

/// Checks an audit entry by entry. A pure value.
struct AuditCheck {
    private var chain = AuditChain()
    private var broken: AuditVerdict.Break?
    private var awaited: [KnownHead]
    private let known: Int
    private var restores = 0

    init(_ heads: [KnownHead]) {
        awaited = heads
        known = heads.count
    }

    /// Takes the next entry as it is stored.
    mutating func take(_ entry: AuditEntry) throws {
        if [.restore, .recoverRestored].contains(entry.action.name) { restores += 1 }
        if broken == nil, let fault = try chain.check(entry) {
            broken = AuditVerdict.Break(entry: entry.number, fault: fault)
        }
        guard broken == nil, !awaited.isEmpty else { return }
        let hash = Hexadecimal.encode(chain.hash)
        awaited.removeAll { $0.hash == hash && ($0.entries ?? entry.number) == entry.number }
    }

    /// What was found, once all entries were taken.
    var verdict: AuditVerdict {
        AuditVerdict(
            entries: chain.count, head: Hexadecimal.encode(chain.hash), broken: broken, headsKnown: known,
            missing: awaited.map(\.source), restores: restores)
    }
}

/// The result of `audit --verify`.
struct AuditVerdict: Encodable, Equatable {
    /// Where a chain breaks first.
    struct Break: Encodable, Equatable {
        /// The entry's number.
        let entry: Int64
        let fault: AuditChain.Fault
    }

    /// How many entries there are, up to the first break.
    let entries: Int64
    /// The last one's hash.
    let head: String
    let broken: Break?
    /// Hashes known from elsewhere.
    let headsKnown: Int
    /// Who knows an entry that is not there.
    let missing: [String]
    /// How often the database was restored from a copy, which lacks what was entered after it was made.
    let restores: Int

    var isSound: Bool { broken == nil && missing.isEmpty }

    var text: String {
        var lines: [String] = []
        if let broken {
            lines.append("broken at entry \(broken.entry): \(broken.fault.text)")
        } else {
            lines.append("\(Counted.things(Int(clamping: entries), "entry")), unbroken; the last one's hash is \(head)")
        }
        lines += missing.map { "\($0) knows an entry that is not there: entries were cut off or exchanged" }
        if !missing.isEmpty, restores > 0 {
            lines.append(
                "the database was restored \(Counted.things(restores, "time")): what was entered between a copy and its "
                    + "return is in the database that was set aside then")
        }
        if missing.isEmpty, headsKnown > 0, broken == nil {
            lines.append("\(Counted.things(headsKnown, "hash")) known from elsewhere \(Counted.verb(headsKnown)) in it")
        }
        return lines.joined(separator: "\n")
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case entries, head, broken, missing, restores
        case headsKnown = "heads_known"
    }
}

extension AuditChain.Fault {
    var text: String {
        switch self {
        case .number: "an entry before it is missing, or it was put in"
        case .unchained: "it has no hash"
        case .content: "it, or the entry before it, is not what was entered"
        }
    }
}
