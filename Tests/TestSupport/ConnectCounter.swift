import Synchronization

/// Counts the CONNECT requests a proxy has read.
final class ConnectCounter: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    func increment() { value.add(1, ordering: .relaxed) }
}
