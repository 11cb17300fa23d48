import JobRunner
import RecordStore
import Synchronization

/// How far each batch under way has come, for whoever tells people about it.
final class ProgressBoard: Sendable {
    /// What is known of a batch under way.
    struct Entry: Sendable {
        /// Records finished per second over the recent past; nil before there is a past.
        var rate: Double?
        /// Why no calls are made just now, and until when at least, in milliseconds since 1970 UTC.
        var waiting: (reason: String, until: Int64)?
        fileprivate var meter = RateMeter()
    }

    private let entries = Mutex<[BatchID: Entry]>([:])

    subscript(batch: BatchID) -> Entry? { entries.withLock { $0[batch] } }

    /// Takes one event of a batch's run; called from any thread.
    func take(_ event: RunnerEvent, of batch: BatchID) {
        entries.withLock { entries in
            var entry = entries[batch] ?? Entry()
            entry.take(event)
            entries[batch] = entry
        }
    }

    /// A batch is no longer under way.
    func forget(_ batch: BatchID) {
        entries.withLock { $0[batch] = nil }
    }
}

extension ProgressBoard.Entry {
    fileprivate mutating func take(_ event: RunnerEvent) {
        switch event {
        case .progress(let progress):
            meter.note(finished: progress.finished, at: progress.elapsed)
            rate = meter.perSecond
        case .gateClosed(let reason, let until): waiting = (reason, until)
        case .windowClosed(let until): waiting = ("outside the job's window", until)
        case .gateOpened, .windowOpened: waiting = nil
        case .probe, .rateCut, .inDoubtRequeued, .halted: break
        }
    }
}
