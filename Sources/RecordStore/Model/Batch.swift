package import Basics

/// One input file taken in under a job.
package struct Batch: Sendable, Equatable {
    /// Its number.
    package let id: BatchID
    /// Its name for people and folders: `<file stem>-<number>`.
    package let name: String
    /// The job's name.
    package let job: String
    /// The input file's last path component.
    package let fileName: String
    /// SHA-256 of the input file's whole content, 32 bytes.
    package let contentDigest: [UInt8]
    /// How its records are written.
    package let format: InputKind
    package let state: BatchState
    /// Why it was paused, halted or rejected, or waits; nil when there is nothing to say.
    package let reason: String?
    /// Whether its whole file has been read.
    package let isIngested: Bool
    /// How far its file has been read.
    package let checkpoint: Checkpoint
    /// Who took it in, with which program and settings.
    package let provenance: Provenance
    /// When it was made.
    package let createdAt: WallTime
    /// When its file had been read.
    package let ingestedAt: WallTime?
    /// When its first record was claimed.
    package let startedAt: WallTime?
    /// When it was completed, cancelled or rejected.
    package let finishedAt: WallTime?
    /// When what is personal of it was erased.
    package let purged: PurgeTimes
    /// Whether answers of earlier batches may be reused.
    package let reuses: Bool
    /// Lines to be sent with an id or account that looked like a payment card number, unless its job lets these pass.
    package let cardLikeIDs: Int
    /// How many of its lines that are still to be read begin in doubt: calls of them may have been made of which a restored
    /// database, or a server that took over, knows nothing.
    package let doubtedLines: Int
    /// Its counters.
    package let counts: BatchCounts

    /// Whether something of it was sent, or may have been. Nothing was of a batch whose file was not read to its end, unless
    /// the end of its reading was lost.
    package var mayHaveBeenSent: Bool { counts.calls + counts.inDoubt + doubtedLines > 0 }
}

/// The kinds of file Rollcall reads, under the names a job's `source.format` uses.
package enum InputKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Comma, semicolon or tab separated, with a header.
    case csv
    /// One JSON object on each line.
    case jsonLines = "jsonl"
}

package enum BatchState: String, Sendable, CaseIterable, Codable {
    /// Its file is being read.
    case ingesting
    /// Waits for an operator to confirm what it costs.
    case awaitingConfirmation = "awaiting_confirmation"
    /// Its records may be claimed.
    case running
    /// Nothing is queued or under way any more.
    case completed
    /// Stopped by an operator, a cap, or because the database was restored.
    case paused
    /// Stopped by the runner because something systemic is wrong.
    case halted
    /// Cancelled by an operator; what was still queued is cancelled.
    case cancelled
    /// Refused as a whole.
    case rejected
}

extension BatchState {
    /// The states it may move to next, as far as states alone decide: a paused batch can be rejected only if its file
    /// was read in part. A pure rule; ``RecordStore/moveBatch(_:from:to:reason:noting:)`` acts on it.
    package var successors: Set<BatchState> {
        switch self {
        case .ingesting: [.awaitingConfirmation, .running, .completed, .paused, .cancelled, .rejected]
        case .awaitingConfirmation: [.running, .paused, .cancelled, .rejected]
        case .running: [.completed, .paused, .halted, .cancelled]
        case .paused: [.ingesting, .awaitingConfirmation, .running, .completed, .cancelled, .rejected]
        case .halted: [.running, .paused, .completed, .cancelled]
        case .completed: [.running]
        case .cancelled, .rejected: []
        }
    }

    /// Whether the batch has ended, unless records of it are queued again.
    package var isFinished: Bool {
        switch self {
        case .completed, .cancelled, .rejected: true
        case .ingesting, .awaitingConfirmation, .running, .paused, .halted: false
        }
    }
}

/// A batch's counters, kept in the same transactions as what they count.
package struct BatchCounts: Sendable, Equatable, Codable {
    /// Input records.
    package var total = 0
    /// Records waiting for a call, first or later.
    package var queued = 0
    /// Records claimed and not finished; also the ledger's open attempts.
    package var inFlight = 0
    /// Records answered.
    package var succeeded = 0
    /// Records refused for good, or out of attempts.
    package var failed = 0
    /// Records that may have been billed without an answer recorded, and those held because of them.
    package var inDoubt = 0
    /// Records refused before any call.
    package var invalid = 0
    /// Records answered from an identical one.
    package var reused = 0
    /// Records cancelled before their call.
    package var cancelled = 0
    /// Rows of the ledger.
    package var attempts = 0
    /// Attempts that left or may have left, those under way included: what the caps count.
    package var calls = 0
    /// Times a record went back to the queue after an attempt.
    package var retries = 0
    /// Attempts answered with 200: billed.
    package var billable = 0
    /// Attempts that were surely not billed: never left, or refused.
    package var unbilled = 0
    /// Attempts that may have been billed.
    package var billingUnknown = 0
    /// In-doubt records that were queued again by the job's policy.
    package var inDoubtRetried = 0
    /// Queued records that get the answer of an earlier line and need no call.
    package var following = 0

    /// All counters at zero.
    package init() {}

    /// How many records have a status.
    package internal(set) subscript(status: RecordStatus) -> Int {
        get {
            switch status {
            case .queued: queued
            case .inFlight: inFlight
            case .succeeded: succeeded
            case .failed: failed
            case .inDoubt: inDoubt
            case .invalid: invalid
            case .reused: reused
            case .cancelled: cancelled
            }
        }
        set {
            switch status {
            case .queued: queued = newValue
            case .inFlight: inFlight = newValue
            case .succeeded: succeeded = newValue
            case .failed: failed = newValue
            case .inDoubt: inDoubt = newValue
            case .invalid: invalid = newValue
            case .reused: reused = newValue
            case .cancelled: cancelled = newValue
            }
        }
    }

    /// Queued records that wait for a call of their own.
    package var toCall: Int { queued - following }

    /// Whether no record waits or is under way.
    package var isExhausted: Bool { queued == 0 && inFlight == 0 }
}

/// What a batch is made from.
package struct NewBatch: Sendable {
    /// The job's name.
    package var job: String
    /// The file's last path component.
    package var fileName: String
    /// SHA-256 of the file's whole content, 32 bytes.
    package var contentDigest: [UInt8]
    /// How its records are written.
    package var format: InputKind
    /// All that is needed to rebuild a request from a raw row; kept sealed.
    package var layout: [UInt8]
    /// Who takes it in, with which program and settings.
    package var provenance: Provenance
    /// Whether answers of earlier batches may be reused (false: `--no-reuse`).
    package var reuses: Bool
    /// When it is taken in; nil: now.
    package var createdAt: WallTime?
    /// Whether it is taken in although the same content was before, under the same job (`--again`).
    package var again: Bool

    /// Describes a batch to be created.
    package init(
        job: String, fileName: String, contentDigest: [UInt8], format: InputKind, layout: [UInt8],
        provenance: Provenance,
        reuses: Bool = true, createdAt: WallTime? = nil, again: Bool = false
    ) {
        self.job = job
        self.fileName = fileName
        self.contentDigest = contentDigest
        self.format = format
        self.layout = layout
        self.provenance = provenance
        self.reuses = reuses
        self.createdAt = createdAt
        self.again = again
    }
}

extension NewBatch {
    /// When it is taken in, which is settled now where it was not before.
    mutating func madeNow() -> WallTime {
        let time = createdAt ?? WallTime.now()
        createdAt = time
        return time
    }

    /// In characters, each of one byte: a file system takes 255 bytes, and folders add a time and a number to the name.
    private static let longestStem = 80

    /// A name for people and folders: the file's stem, in letters, digits, `.`, `_` and `-`, and the batch's number.
    func name(for id: Int64) -> String {
        let stem = fileName.lastIndex(of: ".").map { fileName[..<$0] } ?? fileName[...]
        let kept = stem.unicodeScalars.prefix(Self.longestStem).map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "_" || scalar == "." ? Character(scalar) : "-"
        }
        let trimmed = String(kept).drop { $0 == "." || $0 == "-" }
        return (trimmed.isEmpty ? "batch" : String(trimmed)) + "-\(id)"
    }
}

/// How far an ingest has got: everything before it is committed, nothing after it.
package struct Checkpoint: Sendable, Equatable, Codable {
    /// The byte of the file at which reading resumes.
    package var byteOffset: Int64
    /// The physical line, from 1, that starts at that byte; 0 before the first chunk.
    package var line: Int64

    /// Names a place in the file.
    package init(byteOffset: Int64, line: Int64) {
        self.byteOffset = byteOffset
        self.line = line
    }

    /// Before the first chunk.
    package static let start = Checkpoint(byteOffset: 0, line: 0)
}
