import Basics
import JobRunner
import RecordStore
import Results

/// The progress of each batch under way, for the parts that display it.
final class ProgressRegistry: Sendable {
    /// What is known of a batch under way.
    struct Entry: Sendable {
        /// Records finished per second over the recent past; nil before there is a past.
        var rate: Double?
        /// Why no calls are made just now.
        var wait: Wait?
        /// When records came to their end in this run; nil before any did.
        var timeline: SettlementTimeline?
        fileprivate var meter = RateMeter()
        fileprivate var last: RunnerProgress?
    }

    /// A time without calls.
    struct Wait: Sendable {
        let reason: String
        /// Its end as it is displayed.
        let until: WallTime
        /// Its end as it is measured: the wall clock may be set meanwhile.
        let end: MonotonicTime
    }

    /// Signalled when a batch has come to be under way.
    let begun = WakeSignal()
    private let clock: any RunnerClock
    private let entries = Lock<[BatchID: Entry]>([:])

    init(clock: any RunnerClock) {
        self.clock = clock
    }

    subscript(batch: BatchID) -> Entry? { entries.withLock { $0[batch] } }

    /// Whether no batch is under way.
    var isEmpty: Bool { entries.withLock(\.isEmpty) }

    /// Records finished per second, of the batches of which that was measured and that wait for nothing.
    var rates: [BatchID: Double] {
        let now = clock.monotonic
        return entries.withLock { entries in
            entries.compactMapValues { ($0.wait.map { $0.end > now } ?? false) ? nil : $0.rate }
        }
    }

    /// Handles one event of a batch's run; called from any thread.
    func take(_ event: RunnerEvent, of batch: BatchID) {
        let isNew = entries.withLock { entries in
            var entry = entries[batch] ?? Entry()
            entry.take(event, clock)
            return entries.updateValue(entry, forKey: batch) == nil
        }
        if isNew { begun.wakeUp() }
    }

    /// A batch is no longer under way.
    func forget(_ batch: BatchID) {
        entries.withLock { $0[batch] = nil }
    }
}

extension ProgressRegistry.Entry {
    fileprivate mutating func take(_ event: RunnerEvent, _ clock: any RunnerClock) {
        switch event {
        case .progress(let progress):
            meter.note(finished: progress.finished, at: progress.elapsed)
            rate = meter.perSecond
            addToTimeline(progress, clock.now)
        case .gateClosed(let reason, let until), .waitRequested(let reason, let until):
            wait = .init(reason, until: until, clock)
        case .windowClosed(let until): wait = .init("outside the job's window", until: until, clock)
        case .gateOpened, .windowOpened: wait = nil
        case .probe, .rateCut, .inDoubtRequeued, .keptAnswersRead, .keptWaiting, .waitEnded, .halted: break
        }
    }
}

extension ProgressRegistry.Entry {
    private mutating func addToTimeline(_ progress: RunnerProgress, _ now: WallTime) {
        // A new run counts from 0 again.
        if let last, progress.elapsed < last.elapsed { (self.last, timeline) = (nil, nil) }
        var timeline = timeline ?? SettlementTimeline(from: now - progress.elapsed)
        func grown(_ count: (RunnerProgress) -> Int) -> Int { count(progress) - (last.map(count) ?? 0) }
        timeline.add(.answered, count: grown { $0.succeeded + $0.reused }, after: progress.elapsed)
        timeline.add(.failed, count: grown(\.failed), after: progress.elapsed)
        timeline.add(.inDoubt, count: grown(\.inDoubt), after: progress.elapsed)
        (self.timeline, last) = (timeline, progress)
    }
}

extension ProgressRegistry.Wait {
    fileprivate init(_ reason: String, until: WallTime, _ clock: any RunnerClock) {
        self.init(reason: reason, until: until, end: clock.monotonic + (until - clock.now))
    }
}
