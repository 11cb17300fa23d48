/// What has become of a record; every input line has exactly one.
public enum RecordStatus: String, Sendable, CaseIterable, Codable {
    /// Waits for its call, or for another one.
    case queued
    /// Claimed: its call is about to be made, under way, or was when a process died.
    case inFlight = "in_flight"
    /// Answered; the answer is kept.
    case succeeded
    /// Refused for good, or out of attempts.
    case failed
    /// Sent, or maybe sent, and no answer recorded: may have been billed.
    case inDoubt = "in_doubt"
    /// Refused before any call.
    case invalid
    /// Answered from an identical record.
    case reused
    /// Its batch was cancelled before its call.
    case cancelled
}

extension RecordStatus {
    /// The number that stands for it in the `records` table (see `migrations/v0001_initial.sql`).
    var code: Int64 {
        switch self {
        case .queued: 0
        case .inFlight: 1
        case .succeeded: 2
        case .failed: 3
        case .inDoubt: 4
        case .invalid: 5
        case .reused: 6
        case .cancelled: 7
        }
    }

    /// The status a number of the `records` table stands for.
    init(code: Int64) throws {
        guard let status = Self.allCases.first(where: { $0.code == code }) else {
            throw StoreError(.damaged, "The database holds a record status unknown here; restore it from a backup")
        }
        self = status
    }

    /// Its counter in the `batches` table, by the same name.
    var column: String { rawValue }
}
