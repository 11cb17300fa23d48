import Basics
import JobRunner
import RecordStore

/// The progress of each batch under way, for the parts that display it.
final class ProgressRegistry: Sendable {
    /// What is known of a batch under way.
    struct Entry: Sendable {
        /// Records finished per second over the recent past; nil before there is a past.
        var rate: Double?
        /// Why no calls are made just now.
        var wait: Wait?
        fileprivate var meter = RateMeter()
    }

    /// A time without calls.
    struct Wait: Sendable {
        let reason: String
        /// Its end as it is displayed.
        let until: WallTime
        /// Its end as it is measured: the wall clock may be set meanwhile.
        let end: MonotonicTime
    }

    private let clock: any RunnerClock
    private let entries = Lock<[BatchID: Entry]>([:])

    init(clock: any RunnerClock) {
        self.clock = clock
    }

    subscript(batch: BatchID) -> Entry? { entries.withLock { $0[batch] } }

    /// Handles one event of a batch's run; called from any thread.
    func take(_ event: RunnerEvent, of batch: BatchID) {
        entries.withLock { entries in
            var entry = entries[batch] ?? Entry()
            entry.take(event, clock)
            entries[batch] = entry
        }
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
        case .gateClosed(let reason, let until), .waitRequested(let reason, let until):
            wait = .init(reason, until: until, clock)
        case .windowClosed(let until): wait = .init("outside the job's window", until: until, clock)
        case .gateOpened, .windowOpened: wait = nil
        case .probe, .rateCut, .inDoubtRequeued, .keptAnswersRead, .halted: break
        }
    }
}

extension ProgressRegistry.Wait {
    fileprivate init(_ reason: String, until: WallTime, _ clock: any RunnerClock) {
        self.init(reason: reason, until: until, end: clock.monotonic + (until - clock.now))
    }
}
