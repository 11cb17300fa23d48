import Basics

/// Which server answers, and on which timeline: another one after a failover, or when a database was put back.
struct ServerIdentity: Sendable, Equatable {
    let identifier: Int64
    let timeline: Int64

    init(identifier: Int64, timeline: Int64) {
        (self.identifier, self.timeline) = (identifier, timeline)
    }

    /// A WAL file's name begins with its timeline: eight hexadecimal digits.
    init(identifier: Int64, walFile: String) {
        self.init(identifier: identifier, timeline: Int64(walFile.prefix(8), radix: 16) ?? 0)
    }

    /// Whether it is a primary that wakes beside its successor: what it commits will be gone.
    func isReplaced(by other: ServerIdentity) -> Bool {
        identifier == other.identifier && timeline < other.timeline
    }

    /// The other, where that has replaced this one.
    func successor(_ other: ServerIdentity?) -> ServerIdentity? { other.flatMap { isReplaced(by: $0) ? $0 : nil } }
}

/// The server that a process has written to last. All its connections to one database share it, so that none goes to one
/// that this has replaced.
final class NewestServer: Sendable {
    private let known = Lock<ServerIdentity?>(nil)

    /// The server; nil: nothing was written yet.
    var identity: ServerIdentity? { known.withLock { $0 } }

    /// Takes a server for the newest.
    func record(_ server: ServerIdentity) { known.withLock { $0 = server } }
}
