import JobRunner
import RecordStore

/// The progress of a batch that another process runs, read from the database: in place on a terminal, a line every few
/// seconds elsewhere.
struct FollowDisplay {
    private let console: Console
    private let start = ContinuousClock.now
    private var meter: RateMeter
    private var line: ProgressLine
    private var lastShown: ContinuousClock.Instant?
    private static let plainInterval = Duration.seconds(5)

    init(batch: Batch, console: Console) {
        self.console = console
        line = ProgressLine(name: batch.name, total: batch.counts.total, done: Self.done(batch.counts))
        meter = RateMeter(finished: line.done)
    }

    private static func done(_ counts: BatchCounts) -> Int { counts.total - counts.queued - counts.inFlight }

    /// Takes how the batch stands, and why no calls are made, if they aren't.
    mutating func show(_ batch: Batch, waiting: String?) {
        let counts = batch.counts
        line.total = counts.total
        line.done = Self.done(counts)
        (line.inDoubt, line.failed, line.retries) = (counts.inDoubt, counts.failed, counts.retries)
        line.pause = (waiting ?? (batch.state == .running ? nil : batch.state.rawValue)).map { .because($0) }
        let now = ContinuousClock.now
        meter.note(finished: line.done, at: now - start)
        line.rate = meter.perSecond
        guard console.errorIsTerminal || lastShown.map({ now - $0 >= Self.plainInterval }) ?? true else { return }
        lastShown = now
        if console.errorIsTerminal { console.redraw(line) } else { console.note(line.text) }
    }

    /// Leaves the last state standing on a line of its own.
    func finish() {
        guard console.errorIsTerminal else { return console.note(line.text) }
        console.redraw(line)
        console.dequeue()
    }
}
