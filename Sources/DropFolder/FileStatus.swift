public import Basics

public import struct Foundation.TimeZone

/// What the people who dropped a file are told about it. It speaks of files, counts and times only; a reason given to
/// it must hold no value of a record.
public struct FileStatus: Sendable, Equatable {
    /// Where the file is on its way.
    public enum Phase: Sendable, Equatable {
        /// It lies in the inbox and must stand still for so long.
        case settling(for: Duration)
        /// It lies in the inbox and its marker is not there yet.
        case waitingForMarker
        /// It lies in the inbox until its job is due, at so many milliseconds since 1970 UTC; nil: nobody knows.
        case waitingForSchedule(at: Int64?)
        /// Its records are being read; percent of its bytes.
        case takingIn(percent: Int)
        /// Taken in; it waits until calls may be made, such as for a window or other batches.
        case queued(reason: String?)
        /// Somebody has to agree first.
        case waitingForConfirmation(ConfirmationRequest)
        /// Its records are being sent.
        case running(Progress)
        /// Somebody stopped it, or a cap did.
        case paused(reason: String?, remedy: String?)
        /// Rollcall stopped it because something is wrong.
        case halted(reason: String, remedy: String?)
        /// It was refused as a whole.
        case rejected(InputError)
        /// Somebody gave it up.
        case cancelled
    }

    /// What somebody has to agree to.
    public struct ConfirmationRequest: Sendable, Equatable {
        /// Why.
        public var reason: String
        /// The command that agrees.
        public var command: String
        /// The lines that will not be sent, by what is wrong with them.
        public var refusals: [RefusedLines]
        /// Where these lines are given back; nil where there are none.
        public var returned: String?
        /// Whether the file lies in the inbox meanwhile, so that whoever takes it away withdraws it.
        public var canBeWithdrawn: Bool

        /// Describes what somebody has to agree to.
        public init(
            reason: String, command: String, refusals: [RefusedLines] = [], returned: String? = nil,
            canBeWithdrawn: Bool = false
        ) {
            self.reason = reason
            self.command = command
            self.refusals = refusals
            self.returned = returned
            self.canBeWithdrawn = canBeWithdrawn
        }
    }

    /// Lines that break the same rules.
    public struct RefusedLines: Sendable, Equatable {
        /// The rules, without any value.
        public var rule: String
        /// How many lines.
        public var count: Int
        /// The first of them.
        public var lines: [Int]

        /// Describes lines that break the same rules.
        public init(rule: String, count: Int, lines: [Int]) {
            self.rule = rule
            self.count = count
            self.lines = lines
        }

        /// `2 lines (3, 5): user.email must be …`.
        var text: String {
            let places = lines.map(String.init).joined(separator: ", ") + (count > lines.count ? ", …" : "")
            return "\(StatusFigures.count(count)) \(count == 1 ? "line" : "lines") (\(places)): \(rule)"
        }
    }

    /// How far the records have come.
    public struct Progress: Sendable, Equatable {
        /// Records with a final status.
        public var done: Int
        /// All records of the file.
        public var total: Int
        /// Records finished per second over the recent past; nil before there is a past.
        public var rate: Double?
        /// Why nothing moves just now; nil when records flow.
        public var waiting: String?

        /// Describes progress.
        public init(done: Int, total: Int, rate: Double? = nil, waiting: String? = nil) {
            self.done = done
            self.total = total
            self.rate = rate
            self.waiting = waiting
        }
    }

    /// The file's name.
    public var file: String
    /// Its batch's name, once it has one.
    public var batch: String?
    /// When it was taken out of the inbox, in milliseconds since 1970 UTC; nil while it lies there.
    public var takenAt: Int64?
    /// Where it is on its way.
    public var phase: Phase
    /// Whether another file of its name waits in the inbox.
    public var anotherWaits: Bool
    /// When this was found out, in milliseconds since 1970 UTC.
    public var writtenAt: Int64
    /// The job's time zone.
    public var zone: TimeZone

    /// Describes where a file is.
    public init(
        file: String, batch: String? = nil, takenAt: Int64? = nil, phase: Phase, anotherWaits: Bool = false,
        writtenAt: Int64, zone: TimeZone
    ) {
        self.file = file
        self.batch = batch
        self.takenAt = takenAt
        self.phase = phase
        self.anotherWaits = anotherWaits
        self.writtenAt = writtenAt
        self.zone = zone
    }
}
