import Basics
import RecordStore

/// The state of one run of a batch, and its next step. Decides only; no side effects.
struct RunState: Sendable {
    /// What the run does next.
    enum Step: Sendable, Equatable {
        /// Request permits and claim this many records.
        case claim(upTo: Int)
        /// Wait for a message, at the longest until this time by the ``RetryClock``.
        case wait(until: WallTime?)
        /// Nothing is left to claim: end the batch.
        case close
        /// The run is over.
        case end(RunEnd)

        /// Whether it needs calls.
        var isClaim: Bool {
            if case .claim = self { return true }
            return false
        }
    }

    private let concurrency: Int
    /// Calls under way.
    private(set) var underWay = 0
    /// Calls that ended and are not yet written.
    private(set) var unwritten = 0
    /// Whether the last claim found fewer records than requested.
    private var isDry = false
    /// When a retry falls due, by the ``RetryClock``.
    private var nextReadyAt: WallTime?
    private var cap: Cap?
    /// Whether there was no room on the disk for a claim.
    private var lacksRoom = false
    private var ending: RunEnd?

    init(concurrency: Int) {
        self.concurrency = max(1, concurrency)
    }

    /// Whether the run makes no more claims.
    var isEnding: Bool { ending != nil }

    /// Whether no call is under way and all state is written.
    var isIdle: Bool { underWay == 0 && unwritten == 0 }

    /// What to do at a time by the ``RetryClock``.
    func step(at now: WallTime) -> Step {
        if let ending { return isIdle ? .end(ending) : .wait(until: nil) }
        guard isDry else { return room > 0 && !lacksRoom ? .claim(upTo: room) : .wait(until: nil) }
        if let nextReadyAt, cap == nil {
            if nextReadyAt > now { return .wait(until: nextReadyAt) }
            return room > 0 && !lacksRoom ? .claim(upTo: room) : .wait(until: nil)
        }
        guard isIdle else { return .wait(until: nil) }
        return cap.map { .end(.capped($0)) } ?? .close
    }

    /// Makes no more claims and ends with this result once everything is written; the first reason given holds.
    mutating func end(_ end: RunEnd) {
        ending = ending ?? end
    }

    /// Withdraws an end that would stop nothing, and ends the batch itself.
    mutating func carryOn() {
        ending = nil
        cap = nil
        exhaust()
    }

    /// Records the result of a claim; `count` is how many records it requested.
    mutating func claimed(_ claim: Claim, of count: Int) {
        underWay += claim.records.count
        if claim.state != .running { end(.stateChanged(to: claim.state)) }
        cap = claim.cappedBy
        isDry = claim.records.count + claim.passed < count
        nextReadyAt = isDry ? claim.nextReadyAt : nil
    }

    /// The disk has no room for a claim, or has some again. Calls under way continue meanwhile.
    mutating func foundRoom(_ hasRoom: Bool) {
        lacksRoom = !hasRoom
    }

    mutating func ended() {
        underWay -= 1
        unwritten += 1
    }

    /// The ends of so many calls are written, after which these records are ready at `readyAt` at the earliest.
    mutating func written(_ count: Int, readyAt: WallTime?) {
        unwritten -= count
        guard isDry else { return }
        // A call that never left no longer counts against the caps, so another may be allowed.
        if cap != nil { return refill() }
        if let readyAt { nextReadyAt = min(readyAt, nextReadyAt ?? .distantFuture) }
    }

    /// There are records again.
    mutating func refill() {
        isDry = false
        cap = nil
        nextReadyAt = nil
    }

    /// Nothing is left to claim, or not before a time.
    mutating func exhaust(until readyAt: WallTime? = nil) {
        isDry = true
        nextReadyAt = readyAt
    }

    /// Calls are bounded, and so are ends waiting to be written.
    private var room: Int { min(concurrency - underWay, 2 * concurrency - underWay - unwritten) }
}

/// How long ended calls wait for others to end, so that they share one commit. Decides only; no side effects.
///
/// A commit costs two synchronised writes and the pages that every commit changes, regardless of its size, so at a
/// thousand calls a second groups of ten to sixteen cost much less per record than groups of five. At the few calls a
/// second of most contracts waiting would gain nothing, so nothing waits.
struct CommitCoalescing: Sendable {
    /// Longest wait: short beside a call, because an end that is not written is in doubt after a crash.
    static let patience = Duration.milliseconds(8)
    /// Calls that have to be expected within that time.
    static let worthwhile = 4

    /// So many are written without waiting.
    let limit: Int
    private var firstAt: MonotonicTime?
    private var tookAt: MonotonicTime?
    private var isFlowing = false

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// A call ended, at a time.
    mutating func ended(at now: MonotonicTime) {
        firstAt = firstAt ?? now
    }

    /// So many ended calls are being written.
    mutating func took(_ count: Int, at now: MonotonicTime) {
        guard count > 0 else { return }
        if let tookAt {
            let elapsed = now - tookAt
            isFlowing = elapsed > .zero && Self.patience * count >= elapsed * Self.worthwhile
        }
        tookAt = now
        firstAt = nil
    }

    /// Until when `count` ended calls wait for others of the `underWay`; nil where they are to be written now.
    func deadline(count: Int, underWay: Int, at now: MonotonicTime) -> MonotonicTime? {
        guard isFlowing, count < limit, underWay > 0, let firstAt else { return nil }
        let deadline = firstAt + Self.patience
        return deadline > now ? deadline : nil
    }
}

/// The times at which a run has requested a wake-up, so that each is requested only once.
struct PendingTimers: Sendable {
    private var deadlines: [MonotonicTime] = []

    /// Whether a timer must be set for a deadline; not if an earlier one fires anyway.
    mutating func needsTimer(at deadline: MonotonicTime) -> Bool {
        if deadlines.contains(where: { $0 <= deadline }) { return false }
        deadlines.append(deadline)
        return true
    }

    /// A timer fired.
    mutating func fired(_ deadline: MonotonicTime) {
        deadlines.removeAll { $0 == deadline }
    }
}

/// What a run is sent while it is under way.
enum RunMessage: Sendable {
    /// A call ended.
    case replied(Call, Reply, at: Instant)
    /// A record's request could not be rebuilt; no call was made.
    case notBuilt(Call, reason: String, at: Instant)
    /// The ends of so many calls are written.
    case written(Int, readyAt: WallTime?)
    /// The ends of so many calls could not be written.
    case notWritten(Int, any Error)
    /// A claim at a server is over.
    case claimed(Result<Claim, any Error>)
    /// The disk has room again.
    case roomFound
    /// A timer set for a monotonic time fired.
    case fired(MonotonicTime)
    /// Something outside changed: check again.
    case changed
    /// The run's own task was cancelled.
    case cancelled
}

/// Messages from many tasks to one, which takes all that have come at once.
///
/// Unlike an `AsyncStream` it delivers whole groups, and its reader continues in a cancelled task: calls that were
/// given up still have to be accounted for.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    func post(_ message: Message) {
        let reader = state.withLock { state in
            state.messages.append(message)
            return state.reader.take()
        }
        reader?.resume()
    }

    /// All messages that have come, perhaps none.
    func take() -> [Message] {
        state.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }

    /// Returns once there is a message. For one reader only.
    func wait() async {
        await withCheckedContinuation { continuation in
            let hasMessage = state.withLock { state in
                guard state.messages.isEmpty else { return true }
                state.reader = continuation
                return false
            }
            if hasMessage { continuation.resume() }
        }
    }
}
