package import Basics
package import Foundation

/// The status shown to those who dropped a file. It gives files, counts and times only; a reason passed to it must hold
/// no value of a record.
package struct FileStatus: Sendable, Equatable {
    /// Where the file is in its processing.
    package enum Phase: Sendable, Equatable {
        /// In the inbox; it must stay unchanged for this long.
        case settling(for: Duration)
        /// In the inbox; its marker is not there yet.
        case waitingForMarker
        /// In the inbox until its job is due; nil: unknown.
        case waitingForSchedule(at: WallTime?)
        /// Its records are being read; percent of its bytes.
        case takingIn(percent: Int)
        /// Ingested; it waits until calls may be made, for example for a call window or other batches.
        case queued(reason: String?)
        /// It waits for an operator's approval.
        case waitingForConfirmation(ConfirmationRequest)
        /// Its records are being sent.
        case running(Progress)
        /// It was paused by an operator or by a cap.
        case paused(reason: String?, remedy: String?)
        /// Rollcall stopped it because something is wrong.
        case halted(reason: String, remedy: String?)
        /// It was refused as a whole.
        case rejected(InputError)
        /// It was cancelled by an operator.
        case cancelled
    }

    /// What an operator has to approve.
    package struct ConfirmationRequest: Sendable, Equatable {
        package var reason: String
        /// The command that approves it.
        package var command: String
        /// The lines that will not be sent, by what is wrong with them.
        package var refusals: [RefusedLines]
        /// Where these lines are returned; nil where there are none.
        package var returned: String?
        /// Whether the file is in the inbox meanwhile, so that removing it withdraws it.
        package var canBeWithdrawn: Bool

        /// Describes what an operator has to approve.
        package init(
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
    package struct RefusedLines: Sendable, Equatable {
        /// The rules, without any value.
        package var rule: String
        /// How many lines.
        package var count: Int
        /// The first of them.
        package var lines: [Int]

        /// Describes lines that break the same rules.
        package init(rule: String, count: Int, lines: [Int]) {
            self.rule = rule
            self.count = count
            self.lines = lines
        }

        /// `2 lines (3, 5): user.email must be …`.
        var text: String {
            let places = lines.map(String.init).joined(separator: ", ") + (count > lines.count ? ", …" : "")
            return "\(Counted.number(count)) \(count == 1 ? "line" : "lines") (\(places)): \(rule)"
        }
    }

    /// How far the records have come.
    package struct Progress: Sendable, Equatable {
        /// Records with a final status.
        package var done: Int
        /// All records of the file.
        package var total: Int
        /// Records finished per second over the recent past; nil before there is a past.
        package var rate: Double?
        /// Why nothing is being sent at present; nil while records are sent.
        package var waiting: String?
        /// Why records are sent more slowly than usual; nil while they are not.
        package var slowed: String?

        /// Describes progress.
        package init(
            done: Int, total: Int, rate: Double? = nil, waiting: String? = nil, slowed: String? = nil
        ) {
            self.done = done
            self.total = total
            self.rate = rate
            self.waiting = waiting
            self.slowed = slowed
        }
    }

    /// The file's name.
    package var file: String
    /// Its batch's name, once it has one.
    package var batch: String?
    /// When it was taken out of the inbox; nil while it lies there.
    package var takenAt: WallTime?
    /// Where it is in its processing.
    package var phase: Phase
    /// Whether another file of its name waits in the inbox.
    package var anotherWaits: Bool
    /// When this was determined.
    package var writtenAt: WallTime
    package var zone: TimeZone

    /// Describes where a file is.
    package init(
        file: String, batch: String? = nil, takenAt: WallTime? = nil, phase: Phase, anotherWaits: Bool = false,
        writtenAt: WallTime, zone: TimeZone
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

extension FileStatus {
    /// The text for `NAME.status.txt`: one headline, then the details and what to do.
    package var text: String {
        let lines =
            ["\(file): \(headline)", ""] + taken + details + another + ["", "Written by Rollcall \(time(writtenAt))."]
        return lines.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        switch phase {
        case .settling: "seen, waiting until it is whole"
        case .waitingForMarker: "waiting for its marker"
        case .waitingForSchedule: "waiting until its job is due"
        case .takingIn(let percent): "being taken in (\(percent)%)"
        case .queued: "waiting for its turn"
        case .waitingForConfirmation: "waiting for a confirmation"
        case .running(let progress): progress.waiting == nil ? "running" : "running, waiting"
        case .paused: "paused"
        case .halted: "halted"
        case .rejected: "refused"
        case .cancelled: "cancelled"
        }
    }

    private var taken: [String] {
        guard let takenAt else { return [] }
        return ["Taken: \(time(takenAt))" + (batch.map { ", as batch \($0)" } ?? "")]
    }

    private var details: [String] {
        switch phase {
        case .settling(let time):
            ["It is taken in once nobody has written to it for \(StatusFigures.wait(time)).", withdrawal]
        case .waitingForMarker:
            ["It is taken in as soon as the file \(file).done lies beside it, made after it.", withdrawal]
        case .waitingForSchedule(let instant):
            [instant.map { "It is taken in at \(time($0))." } ?? "Its job is not due any more.", withdrawal]
        case .takingIn: ["Nothing of it has been sent yet."]
        case .queued(let reason): ["Why: \(reason ?? "other files come first")"]
        case .waitingForConfirmation(let request): asking(request)
        case .running(let progress): running(progress)
        case .paused(let reason, let remedy): stopped(reason ?? "somebody stopped it", remedy)
        case .halted(let reason, let remedy): stopped(reason, remedy)
        case .rejected(let error): refused(error)
        case .cancelled: ["What had not been sent will not be; what is known so far is in the results."]
        }
    }

    private var withdrawal: String { "To withdraw it: delete it here." }

    private func asking(_ request: ConfirmationRequest) -> [String] {
        var lines = ["Why: \(request.reason)"]
        if !request.refusals.isEmpty {
            lines += ["Lines that will not be sent as they are:"] + request.refusals.map { "- \($0.text)" }
        }
        if let returned = request.returned { lines.append("These lines, each with what is wrong: \(returned)") }
        lines.append("To let the others be sent: ask those who run Rollcall for '\(request.command)'")
        // What lies here is another file then, which is not to be deleted.
        if request.canBeWithdrawn, !anotherWaits {
            lines.append(
                "To withdraw it: delete \(file) here, or put a corrected file in its place. Nothing of it is sent then."
            )
        }
        return lines
    }

    private func running(_ progress: Progress) -> [String] {
        var lines = [progress.summary]
        if let waiting = progress.waiting {
            lines.append("Waiting: \(waiting)")
        } else if let slowed = progress.slowed {
            lines.append("Slower than usual: \(slowed)")
        }
        if let left = progress.secondsLeft {
            lines.append(
                "Results: expected \(time(writtenAt + .seconds(left))), in \(StatusFigures.duration(left))")
        }
        return lines
    }

    private func stopped(_ reason: String, _ remedy: String?) -> [String] {
        ["Why: \(reason)", "What to do: \(remedy ?? "ask those who run Rollcall")"]
    }

    private func refused(_ error: InputError) -> [String] {
        (RefusalText.place(error).map { ["Where: \($0)"] } ?? []) + [
            "Why: \(error.file) \(error.rule)",
            error.consequence.map { "It \($0)." } ?? "Nothing of it was sent, nothing was billed.",
            "What to do: \(error.remedy ?? "put it right and drop it here again").",
        ]
    }

    private var another: [String] {
        guard anotherWaits else { return [] }
        guard case .waitingForConfirmation = phase else {
            return ["Another file of this name waits here until this one is finished."]
        }
        return [
            "Another file of this name lies here now. Once it is whole the first one is withdrawn, nothing of which was sent, "
                + "and this one is taken in. To have both sent, put this one here under another name."
        ]
    }

    private func time(_ time: WallTime) -> String { LocalTime(time, in: zone).full }
}

extension FileStatus.Progress {
    /// One year, in seconds; no estimate is given beyond it.
    private static let longestPromise = 365.0 * 86_400

    /// Seconds left at the present rate; nil when that is unknown, or while nothing is being sent.
    var secondsLeft: Double? {
        guard let rate, rate > 0, waiting == nil, done < total else { return nil }
        let seconds = Double(total - done) / rate
        return seconds < Self.longestPromise ? seconds : nil
    }

    var summary: String {
        let share = total == 0 ? 100 : done * 100 / total
        let speed =
            rate.map { rate in
                if rate < 0.05 { return ", less than one in 20 seconds" }
                return String(format: rate < 10 ? ", %.1f a second" : ", %.0f a second", rate)
            } ?? ""
        return "Done: \(Counted.number(done)) of \(Counted.number(total)) (\(share)%)\(speed)"
    }
}

/// Figures as the folder's users read them.
enum StatusFigures {
    /// `30 s`, `2 min`, `1 min 30 s`: how long to wait.
    static func wait(_ duration: Duration) -> String {
        let seconds = Int(duration / .seconds(1))
        let parts = [(seconds / 60, "min"), (seconds % 60, "s")].filter { $0.0 > 0 }
        return parts.isEmpty ? "a moment" : parts.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// `less than a minute`, `5 min`, `2 h 5 min`: seconds are too fine for a drop folder.
    static func duration(_ seconds: Double) -> String {
        let minutes = Int(seconds / 60)
        switch minutes {
        case 0: return "less than a minute"
        case ..<60: return "\(minutes) min"
        default: return "\(minutes / 60) h \(minutes % 60) min"
        }
    }
}

extension DropFolder {
    /// Writes `NAME.status.txt` into the inbox: whole or not at all, and readable for the exchange group.
    ///
    /// A failure here is no reason to stop a batch: users of the folder can write to the inbox too, and may be in the
    /// way.
    ///
    /// - Parameter status: what to say.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    package func writeStatus(_ status: FileStatus) throws {
        try calls.write(status.text, to: statusPath(of: status.file), sharedWith: exchangeGroup, isDurable: false)
    }

    /// Removes `NAME.status.txt`: the batch is completed and its results take its place.
    ///
    /// - Parameter name: the file's name.
    /// - Throws: ``DropFolderError`` when it cannot be removed.
    package func removeStatus(of name: String) throws {
        try calls.remove(statusPath(of: name))
    }

    /// Removes `NAME.status.txt` if it still says what was written last, and no other node has written another since.
    ///
    /// - Parameter status: what was written.
    /// - Throws: ``DropFolderError`` when it cannot be removed.
    package func removeStatus(saying status: FileStatus) throws {
        let path = statusPath(of: status.file)
        // What cannot be read has gone, or is not ours.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), text == status.text else { return }
        try calls.remove(path)
    }

    /// Writes, or removes, the text that lists what is in the inbox and is not ingested.
    ///
    /// - Parameter things: all of it.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    package func writeNotTaken(_ things: [SkippedFile]) throws {
        let path = "\(inbox)/_not-taken\(InboxName.statusEnding)"
        guard !things.isEmpty else { return try calls.remove(path) }
        try calls.write(SkippedFile.text(of: things), to: path, sharedWith: exchangeGroup, isDurable: false)
    }

    private func statusPath(of name: String) -> String { inboxPath(of: name) + InboxName.statusEnding }
}
