import Basics
import IdentityInsightsClient
import JobRunner

/// The client that calls go through, exchanged for one with the present keys when a batch is resumed or settings are
/// reloaded; calls under way end on the one they began on.
final class ReloadableClient: RecordSubmitter {
    private final class Generation: Sendable {
        let client: IdentityInsightsClient

        init(_ client: IdentityInsightsClient) { self.client = client }
    }

    /// A client that takes no new calls, and what to do once it is closed.
    private struct Retired: Sendable {
        let generation: Generation
        let onClosed: @Sendable () -> Void

        func close() async {
            await generation.client.shutDown()
            onClosed()
        }
    }

    private struct State {
        var current: Generation
        var retired: [Retired] = []
        var underWay: [ObjectIdentifier: Int] = [:]

        /// Takes out the retired clients that no call uses any more.
        mutating func takeUnused() -> [Retired] {
            let unused = retired.filter { underWay[ObjectIdentifier($0.generation)] == nil }
            retired.removeAll { underWay[ObjectIdentifier($0.generation)] == nil }
            return unused
        }
    }

    private let state: Lock<State>

    init(_ client: IdentityInsightsClient) {
        state = Lock(State(current: Generation(client)))
    }

    /// The client new calls go through.
    var client: IdentityInsightsClient { state.withLock { $0.current.client } }

    func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant?) async -> Reply {
        let generation = state.withLock { state in
            state.underWay[ObjectIdentifier(state.current), default: 0] += 1
            return state.current
        }
        let reply = await generation.client.submit(request, notAfter: latest)
        let unused = state.withLock { state in
            let count = state.underWay[ObjectIdentifier(generation)] ?? 1
            state.underWay[ObjectIdentifier(generation)] = count > 1 ? count - 1 : nil
            return state.takeUnused()
        }
        for client in unused { await client.close() }
        return reply
    }

    /// Sends all calls from now on through another client.
    ///
    /// - Parameters:
    ///   - client: The client with the present keys.
    ///   - onFormerClosed: Called once the last call on the former client has ended and its connections are closed.
    func exchange(
        for client: IdentityInsightsClient, onFormerClosed: @escaping @Sendable () -> Void = {}
    ) async {
        let unused = state.withLock { state in
            state.retired.append(Retired(generation: state.current, onClosed: onFormerClosed))
            state.current = Generation(client)
            return state.takeUnused()
        }
        for client in unused { await client.close() }
    }

    /// Closes all connections.
    func shutDown() async {
        let all = state.withLock { $0.retired.map(\.generation) + [$0.current] }
        for generation in all { await generation.client.shutDown() }
    }
}
