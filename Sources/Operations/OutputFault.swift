import Synchronization

/// Why standard output cannot be written any more, for all who share a console.
final class OutputFault: Sendable {
    private let state = Mutex<Int32?>(nil)

    /// `errno` of the write that failed; nil while all have arrived.
    var code: Int32? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
