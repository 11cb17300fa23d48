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

/// One line of progress: done, rate, time to go, cost, retries. A pure value; drawing it is somewhere else.
struct ProgressLine: Equatable {
    /// Why nothing moves just now, such as a closed gate.
    enum Pause: Equatable {
        /// A text.
        case because(String)
        /// Until a time of the wall clock; why, where it is not said otherwise.
        case until(WallTime, because: String? = nil)
    }

    var name: String
    var total: Int
    var done: Int
    var inDoubt = 0
    var failed = 0
    var retries = 0
    /// What the calls that were surely billed have cost so far; nil without a price list.
    var cost: String?
    /// Records finished per second over the recent past; nil before there is a past.
    var rate: Double?
    /// Why nothing moves; nil when records flow.
    var pause: Pause?

    /// Takes what became of the batch's records so far.
    mutating func take(_ counts: BatchCounts) {
        done = counts.total - counts.queued - counts.inFlight
        (failed, inDoubt, retries) = (counts.failed, counts.inDoubt, counts.retries)
    }

    /// Seconds to go at the present rate; nil when that is unknown, and while nothing moves.
    var secondsLeft: Double? {
        guard let rate, rate > 0, pause == nil else { return nil }
        return Double(total - done) / rate
    }

    /// The line as text, whole.
    var text: String { parts(name).text.plain }

    /// The line in a terminal of this many columns: the name's beginning goes first, half of the line is left to it; where
    /// more than the percents would have to go, a fifth; then what matters least goes, until it fits. What room is left shows the share done as
    /// a bar. The last column stays free: a terminal that has written into it may wrap, and the line could not be
    /// rewritten in place.
    func text(fitting columns: Int) -> StyledText {
        let width = max(1, columns - 1)
        let whole = parts(name)
        if whole.text.count <= width { return whole.text(withBarOf: share, in: width) }
        let half = parts(Self.shortened(name, to: width / 2)).fitted(into: width)
        return half.hasFigures ? half.text : parts(Self.shortened(name, to: width / 5)).fitted(into: width).text
    }

    /// A batch's name in this many characters: its end, where the number stands.
    static func shortened(_ name: String, to length: Int) -> String {
        name.count > length ? "…" + name.suffix(max(1, length - 1)) : name
    }

    /// Percent done.
    private var share: Int { total == 0 ? 100 : min(100, done * 100 / total) }

    private func parts(_ name: String) -> [Part] {
        let figures = "\(Counted.number(done))/\(Counted.number(total))"
        var parts = [Part("\(name): ", rank: 0, .strong), Part(figures, rank: 0), Part(" (\(share)%)", rank: 9)]
        if let rate { parts.append(Part(", \(NumberFormat.rate(rate))/s", rank: 7)) }
        if let secondsLeft, done < total {
            parts.append(Part(", ETA \(NumberFormat.duration(seconds: secondsLeft))", rank: 2))
        }
        if let cost { parts.append(Part(", \(cost)", rank: 5)) }
        parts.append(Part(", \(Counted.things(retries, "retry"))", rank: 8))
        if failed > 0 { parts.append(Part(", \(Counted.number(failed)) failed", rank: 3, .bad)) }
        if inDoubt > 0 { parts.append(Part(", \(Counted.number(inDoubt)) in doubt", rank: 4, .doubtful)) }
        switch pause {
        case nil: break
        case .because(let text): parts.append(Part(", \(text)", rank: 0, .doubtful))
        case .until(let time, let reason):
            let shown = NumberFormat.time(time)
            parts.append(
                Part(", waiting until \(shown)", rank: 1, .doubtful, shorter: ", until \(shown.suffix(12))"))
            if let reason { parts.append(Part(": \(reason)", rank: 6, .doubtful)) }
        }
        return parts
    }
}

/// A part of a line; one of rank 0 always stands there, and the greater the rank the sooner it goes.
private struct Part {
    let text: String
    let rank: Int
    let tone: StyledText.Tone?
    /// What stands there before it goes altogether.
    let shorter: String?

    init(_ text: String, rank: Int, _ tone: StyledText.Tone? = nil, shorter: String? = nil) {
        (self.text, self.rank, self.tone, self.shorter) = (text, rank, tone, shorter)
    }
}

extension [Part] {
    /// Parts up to this rank are worth more than a name's beginning.
    private static let figuresRank = 8
    /// Columns of the bar, brackets included; a shorter one would say less than the figures.
    private static let barWidths = 12...32

    fileprivate var text: StyledText { reduce(into: StyledText()) { $0 += StyledText($1.text, $1.tone) } }

    /// All parts, and a bar after the name where there is room for it.
    fileprivate func text(withBarOf share: Int, in width: Int) -> StyledText {
        let room = Swift.min(width - text.count - 1, Self.barWidths.upperBound)
        guard room >= Self.barWidths.lowerBound, let name = first else { return text }
        let filled = (room - 2) * share / 100
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: room - 2 - filled)
        return StyledText(name.text, name.tone) + StyledText("[\(bar)] ", .faint) + Array(dropFirst()).text
    }

    /// The parts as far as they fit, and whether all figures do, unshortened.
    fileprivate func fitted(into width: Int) -> (text: StyledText, hasFigures: Bool) {
        var (parts, isWhole) = (self, true)
        while parts.text.count > width {
            guard let least = parts.indices.max(by: { parts[$0].rank < parts[$1].rank }), parts[least].rank > 0 else {
                return (parts.text.shortened(to: width), false)
            }
            isWhole = isWhole && parts[least].rank > Self.figuresRank
            if let shorter = parts[least].shorter {
                parts[least] = Part(shorter, rank: parts[least].rank, parts[least].tone)
            } else {
                parts.remove(at: least)
            }
        }
        return (parts.text, isWhole)
    }
}

/// Records finished per second over the last ten seconds, waits included, from samples of a running count.
///
/// Nothing is sampled while nothing happens, so the count at the beginning of the ten seconds is that of the last
/// sample before: a burst after a wait is not taken for the rate.
struct RateMeter {
    private var samples: [(at: Duration, finished: Int)]
    /// Long enough to even out single calls, short enough that a cut of the rate shows.
    private static let window = Duration.seconds(10)
    /// A shorter past is not representative.
    private static let shortestPast = Duration.seconds(1)

    /// Begins at the run's start, when this many records are finished.
    init(finished: Int = 0) {
        samples = [(.zero, finished)]
    }

    /// Notes the count at a time since the run's start; times do not go back.
    mutating func note(finished: Int, at time: Duration) {
        samples.append((time, finished))
        while samples.count > 1, samples[1].at <= time - Self.window { samples.removeFirst() }
    }

    /// The rate up to the last sample; nil before there is a past of a second, and never below 0.
    var perSecond: Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let past = last.at - max(first.at, last.at - Self.window)
        guard past >= Self.shortestPast else { return nil }
        return max(0, Double(last.finished - first.finished)) / (past / .seconds(1))
    }
}
