import RecordStore
import Synchronization

/// Batches that are over, their results written, and whose input files could not be let go: tried again by
/// `InputRelease`, and by nobody else meanwhile.
final class PendingFileReleases: Sendable {
    private let waiting = Mutex<Set<BatchID>>([])
    /// Rings when there is one more.
    let wakeSignal = WakeSignal()

    /// The batches, the oldest first.
    var all: [BatchID] { waiting.withLock { $0.sorted() } }

    /// Whether a batch's file waits to be let go.
    func contains(_ batch: BatchID) -> Bool { waiting.withLock { $0.contains(batch) } }

    /// One more file waits.
    func add(_ batch: BatchID) {
        if waiting.withLock({ $0.insert(batch).inserted }) { wakeSignal.wakeUp() }
    }

    /// A batch's file is gone.
    func remove(_ batch: BatchID) {
        waiting.withLock { _ = $0.remove(batch) }
    }
}
