import IdentityInsightsClient
import JobRunner
import Synchronization

/// The client that calls go through, exchanged for one with the present keys when a batch is resumed or settings are
/// reloaded; calls under way end on the one they began on.
final class ReloadableClient: RecordSubmitter {
    private final class Generation: Sendable {
        let client: IdentityInsightsClient

        init(_ client: IdentityInsightsClient) { self.client = client }
    }

    private struct State {
        var current: Generation
        var retired: [Generation] = []
        var underWay: [ObjectIdentifier: Int] = [:]

        /// Takes out the retired clients that no call uses any more.
        mutating func takeUnused() -> [Generation] {
            let unused = retired.filter { underWay[ObjectIdentifier($0)] == nil }
            retired.removeAll { generation in unused.contains { $0 === generation } }
            return unused
        }
    }

    private let state: Mutex<State>

    init(_ client: IdentityInsightsClient) {
        state = Mutex(State(current: Generation(client)))
    }

    /// The client new calls go through.
    var client: IdentityInsightsClient { state.withLock { $0.current.client } }

    func submit(_ request: [UInt8]) async -> Reply {
        let generation = state.withLock { state in
            state.underWay[ObjectIdentifier(state.current), default: 0] += 1
            return state.current
        }
        let reply = await generation.client.submit(request)
        let unused = state.withLock { state in
            let count = state.underWay[ObjectIdentifier(generation)] ?? 1
            state.underWay[ObjectIdentifier(generation)] = count > 1 ? count - 1 : nil
            return state.takeUnused()
        }
        for generation in unused { await generation.client.shutDown() }
        return reply
    }

    /// Sends all calls from now on through another client.
    func exchange(for client: IdentityInsightsClient) async {
        let unused = state.withLock { state in
            state.retired.append(state.current)
            state.current = Generation(client)
            return state.takeUnused()
        }
        for generation in unused { await generation.client.shutDown() }
    }

    /// Closes all connections.
    func shutDown() async {
        let all = state.withLock { $0.retired + [$0.current] }
        for generation in all { await generation.client.shutDown() }
    }
}
