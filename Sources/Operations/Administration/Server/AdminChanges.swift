import Basics
import HummingbirdCore
import JobRunner
import NIOCore
import RecordStore

/// Tells open pages that something has changed, by server-sent events: a page then asks for itself again.
final class AdminChanges: Sendable {
    private let store: RecordStore
    private let traffic: EndpointTraffic
    private let stop: StopSignal
    private let recent: RecentNotices
    private let listeners = Lock(0)
    /// Signalled when a stream has ended.
    private let departure = WakeSignal()
    /// How often to look for changes.
    private static let interval = Duration.seconds(1)
    /// After so many looks without a change a comment is sent, by which a connection that is gone is found.
    private static let looksToComment = 15
    /// More open pages than this are told nothing: they ask for themselves again each time they ask to be told.
    static let capacity = 50
    /// After how many milliseconds a browser asks again where its stream has ended, and where it was told nothing.
    private static let (returnOfHeard, returnOfUnheard) = (5_000, 15_000)
    /// How long the end of the daemon waits for listeners who do not take what they are sent.
    private static let patience = Duration.seconds(1)

    init(context: DaemonContext) {
        (store, traffic, stop) = (context.store, context.traffic, context.stop)
        recent = context.notices.recent
    }

    /// A stream of events until the listener goes or the daemon ends.
    var stream: ResponseBody {
        ResponseBody { writer in
            let isHeard = self.listeners.withLock { count in
                guard count < Self.capacity else { return false }
                count += 1
                return true
            }
            defer { if isHeard { self.leave() } }
            if isHeard {
                do {
                    try await self.tell(&writer)
                } catch is CancellationError {
                    // The daemon ends: the stream ends with it, whole.
                }
            } else {
                try await writer.write(Self.beginning(returningAfter: Self.returnOfUnheard))
            }
            try await writer.finish(nil)
        }
    }

    /// Returns once every stream has ended with all that belongs to it, after the stop was raised; a listener who takes
    /// nothing any more is not waited for.
    func ended() async {
        let deadline = traffic.clock.monotonic + Self.patience
        while listeners.withLock({ $0 > 0 }), traffic.clock.monotonic < deadline {
            await departure.wait(until: deadline, on: traffic.clock)
        }
    }

    private func leave() {
        listeners.withLock { $0 -= 1 }
        departure.wakeUp()
    }

    private func tell(_ writer: inout any ResponseBodyWriter) async throws {
        var (last, looks) = (try await state(), 0)
        try await writer.write(Self.beginning(returningAfter: Self.returnOfHeard))
        while !stop.isRaised, !Task.isCancelled {
            await pause()
            let now = try await state()
            looks += 1
            if now != last {
                try await writer.write(ByteBuffer(string: "event: change\ndata: \(looks)\n\n"))
                (last, looks) = (now, 0)
            } else if looks >= Self.looksToComment {
                try await writer.write(ByteBuffer(string: ":\n\n"))
                looks = 0
            }
        }
    }

    /// The first event: what has changed since the page was asked for, and while there was no stream, no later one tells.
    private static func beginning(returningAfter milliseconds: Int) -> ByteBuffer {
        ByteBuffer(string: "retry: \(milliseconds)\n\nevent: change\ndata: 0\n\n")
    }

    /// Waits until it is time to look again, or the daemon is to end.
    private func pause() async {
        let wakeSignal = WakeSignal()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.stop.raised()
                wakeSignal.wakeUp()
            }
            await wakeSignal.wait(for: Self.interval, on: traffic.clock)
            group.cancelAll()
        }
    }

    private func state() async throws -> State {
        State(
            batches: try await store.unfinishedBatches(), gate: traffic.status,
            last: try await store.lastRunnerRequest(), events: recent.items)
    }

    /// What an open page shows that may change by itself.
    private struct State: Equatable {
        let batches: [Batch]
        let gate: TrafficStatus
        /// The last that an operator did.
        let last: Int64
        /// What was told of last: a short batch comes and goes between two looks.
        let events: [RecentNotices.Item]
    }
}
