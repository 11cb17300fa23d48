import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the child at work is told, nothing new is started, and the folder is still removed.
enum Interruption {
    private static let isWanted = Atomic<Bool>(false)
    private static let child = Atomic<pid_t>(0)

    /// Begins to watch for signals. Children get the default actions back when they start (`man 3 posix_spawn`).
    static func watch() {
        // Both atomics exist before a signal can ask for them: making them is not safe in a handler.
        isWanted.store(false, ordering: .relaxed)
        child.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] { signal(number, take) }
    }

    /// Names the child that is told of a signal; 0: none.
    static func forward(to identifier: pid_t) {
        child.store(identifier, ordering: .sequentiallyConsistent)
    }

    /// Throws once a signal has come.
    static func check() throws {
        if isWanted.load(ordering: .sequentiallyConsistent) { throw Interrupted() }
    }

    private static let take: @convention(c) (Int32) -> Void = { _ in
        isWanted.store(true, ordering: .sequentiallyConsistent)
        let identifier = child.load(ordering: .sequentiallyConsistent)
        if identifier > 0 { kill(identifier, SIGTERM) }
    }
}

/// A signal asked for the end.
struct Interrupted: Error {}
