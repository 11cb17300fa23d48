import Basics
import Foundation

extension FileStatus {
    /// The text for `NAME.status.txt`: one headline, then what there is to know and to do.
    public var text: String {
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
        if request.canBeWithdrawn {
            lines.append(
                "To withdraw it: delete \(file) here. Nothing of it is sent then, and once this text is gone you can put a "
                    + "corrected file here.")
        }
        return lines
    }

    private func running(_ progress: Progress) -> [String] {
        var lines = [progress.summary]
        if let waiting = progress.waiting { lines.append("Waiting: \(waiting)") }
        if let left = progress.secondsLeft {
            lines.append(
                "Results: expected \(time(writtenAt + Int64(left * 1_000))), in \(StatusFigures.duration(left))")
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
        anotherWaits ? ["Another file of this name waits here until this one is finished."] : []
    }

    private func time(_ milliseconds: Int64) -> String { LocalTime(milliseconds, in: zone).full }
}

extension FileStatus.Progress {
    /// A year; beyond it nothing is promised.
    private static let longestPromise = 365.0 * 86_400

    /// Seconds to go at the present rate; nil when that is unknown, or while nothing moves.
    var secondsLeft: Double? {
        guard let rate, rate > 0, waiting == nil, done < total else { return nil }
        let seconds = Double(total - done) / rate
        return seconds < Self.longestPromise ? seconds : nil
    }

    var summary: String {
        let share = total == 0 ? 100 : done * 100 / total
        let speed = rate.map { String(format: $0 < 10 ? ", %.1f a second" : ", %.0f a second", $0) } ?? ""
        return "Done: \(StatusFigures.count(done)) of \(StatusFigures.count(total)) (\(share)%)\(speed)"
    }
}
