import Basics
import Foundation
import Ingest
import JobRunner
import RecordStore

/// Shows a run's progress: one line rewritten in place on a terminal, a line every few seconds elsewhere.
final class ProgressDisplay: Sendable {
    private struct State {
        var line: ProgressLine
        var meter = RateMeter()
        var lastShown: ContinuousClock.Instant?
        var lastText: String?
        var wait: Wait?
        var hasReportedWait = false
        /// What had become of the batch's records when this run began, which the run's counts are added to.
        var before: BatchCounts
    }

    /// A time without calls. The wall clock may be set meanwhile, so its end is displayed by one clock and measured by
    /// the other.
    private struct Wait {
        let until: WallTime
        let reason: String?
        let end: ContinuousClock.Instant

        init(_ reason: String? = nil, until: WallTime) {
            (self.reason, self.until) = (reason, until)
            end = .now + (until - WallTime.now())
        }

        var pause: ProgressLine.Pause? { end > .now ? .until(until, because: reason) : nil }
    }

    private let console: Console
    private let state: Lock<State>
    /// How often a line is printed where standard error is no terminal.
    private static let plainInterval = Duration.seconds(5)
    /// A wait of at least this length is shown.
    private static let longWait = Duration.seconds(5)

    /// What the batch has cost so far; nil without a price list.
    private let cost: RunningCost?

    /// Shows a run that is to send so many of a batch's records.
    init(batch: Batch, sending count: Int, cost: RunningCost?, console: Console) {
        (self.console, self.cost) = (console, cost)
        var line = ProgressLine(name: batch.name, total: 0, done: 0)
        line.take(batch.counts)
        line.total = line.done + count
        line.cost = cost?.text(billed: 0)
        state = Lock(State(line: line, before: batch.counts))
    }

    /// Records finished per second over the recent past; nil before there is a past, and while nothing moves.
    var rate: Double? { state.withLock { $0.wait?.pause == nil ? $0.meter.perSecond : nil } }

    /// Handles one event of the run; called from any thread.
    func take(_ event: RunnerEvent) {
        switch event {
        case .progress(let progress): show(progress)
        case .gateClosed(let reason, let until), .waitRequested(let reason, let until): wait(reason, until: until)
        case .gateOpened: resume()
        case .probe: tell("probing with one record")
        case .rateCut(let rate, let refused, let total):
            tell(
                "\(refused) of the last \(NumberFormat.count(total, "call")) were refused as too many (429 or 503); the rate is "
                    + "cut to \(NumberFormat.rate(rate))/s for now")
        case .inDoubtRequeued(let count):
            tell("\(NumberFormat.count(count, "record")) in doubt queued again (retry.in_doubt)")
        case .keptAnswersRead(let count):
            state.withLock { $0.before.inDoubt -= count }
            tell("\(NumberFormat.count(count, "kept answer")) can be read now; no call")
        case .windowClosed(let until):
            tell("outside the call window; calls continue at \(NumberFormat.time(until))")
            stand(still: Wait(until: until))
        case .windowOpened:
            stand(still: nil)
            tell("the call window is open; calls continue")
        case .keptWaiting(let reason): tell("no calls for now: \(reason)")
        case .waitEnded: tell("calls continue")
        case .halted: break
        }
    }

    /// Leaves the last state standing on a line of its own. Records that got another's answer were not reported one by
    /// one.
    func finish(_ counts: BatchCounts) {
        let (line, lastText) = state.withLock { state in
            state.line.take(counts)
            state.line.cost = cost?.text(billed: counts.billable - state.before.billable)
            return (state.line, state.lastText)
        }
        if console.rewritesProgress || line.text != lastText { console.show(line) }
        console.endProgress()
    }

    private func show(_ progress: RunnerProgress) {
        let now = ContinuousClock.now
        let due: ProgressLine? = state.withLock { state in
            state.meter.note(finished: progress.finished, at: progress.elapsed)
            let before = state.before
            state.line.done = before.total - before.queued - before.inFlight + progress.finished
            state.line.failed = before.failed + progress.failed
            state.line.inDoubt = before.inDoubt + progress.inDoubt
            state.line.retries = before.retries + progress.retries
            state.line.cost = cost?.text(billed: progress.succeeded)
            state.line.rate = state.meter.perSecond
            state.line.pause = state.wait?.pause
            let isDue = console.rewritesProgress || state.lastShown.map { now - $0 >= Self.plainInterval } ?? true
            guard isDue else { return nil }
            state.lastShown = now
            state.lastText = state.line.text
            return state.line
        }
        if let due { console.show(due) }
    }

    /// Short waits, such as a Retry-After of a second, are not worth a line of their own.
    private func wait(_ reason: String, until: WallTime) {
        let wait = Wait(reason, until: until)
        let line = state.withLock { state in
            state.wait = wait
            state.line.pause = wait.pause
            return state.line
        }
        guard wait.end >= .now + Self.longWait else { return }
        tell("no calls for now: \(reason); next try at \(NumberFormat.time(until))")
        // Nothing else is reported until then.
        if console.rewritesProgress { console.show(line) }
        state.withLock { $0.hasReportedWait = true }
    }

    /// The line says until when nothing moves; nil: it moves again.
    private func stand(still wait: Wait?) {
        let line = state.withLock { state in
            (state.wait, state.line.pause) = (wait, wait?.pause)
            return state.line
        }
        if console.rewritesProgress { console.show(line) }
    }

    private func resume() {
        let hadReported = state.withLock { state in
            state.wait = nil
            state.line.pause = nil
            defer { state.hasReportedWait = false }
            return state.hasReportedWait
        }
        if hadReported { tell("calls continue") }
    }

    private func tell(_ text: String) {
        let name = state.withLock { $0.line.name }
        console.note("\(name): \(text)")
    }
}

/// Shows how far a file has been taken in: in place on a terminal, at every tenth elsewhere.
final class IntakeDisplay: Sendable {
    private let name: String
    private let byteCount: Int
    private let console: Console
    private let tenthsShown = Lock(0)

    init(batch: Batch, input: ExaminedFile, console: Console) {
        name = batch.name
        byteCount = max(1, input.file.byteCount)
        self.console = console
    }

    /// Takes how far into the file the last stored chunk reaches, in bytes.
    func show(_ offset: Int) {
        let percent = min(100, offset * 100 / byteCount)
        if console.rewritesProgress {
            console.redraw { [name] columns in
                let shown = ProgressLine.shortened(name, to: columns / 2)
                return StyledText("\(shown): ", .strong) + StyledText("taken in \(percent)%")
            }
        } else if console.showsProgress, isNewTenth(percent / 10), percent < 100 {
            console.note("\(name): taken in \(percent)%")
        }
    }

    private func isNewTenth(_ tenth: Int) -> Bool {
        tenthsShown.withLock { shown in
            defer { shown = max(shown, tenth) }
            return tenth > shown
        }
    }
}
