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
        let store = try await place.storeForReading()
        if !json { console.output(AuditLine.header) }
        try await store.forEachAuditEntry { entry in
            let day = CallDay(at: entry.action.at, in: zone)
            guard first.map({ $0 <= day }) ?? true, last.map({ day <= $0 }) ?? true else { return }
            let line = AuditLine(entry)
            console.output(json ? JSONText.text(of: line) : line.text)
            try console.requireOutput()
        }
        try await store.close()
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
