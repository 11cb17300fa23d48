import Basics

@testable import DropFolder

/// Counts the changes a folder makes, and dies after one of them.
final class StepCounter: Sendable {
    /// What a test throws where a process would be killed.
    struct Killed: Error {}

    private let state = Lock(0)
    private let last: Int

    /// Dies after this many steps.
    init(dyingAfter last: Int = .max) { self.last = last }

    var count: Int { state.withLock { $0 } }

    /// System calls that are counted.
    var calls: FolderCalls { FolderCalls(afterEach: { [self] _ in try step() }) }

    /// One more step.
    func step() throws {
        let count = state.withLock { count in
            count += 1
            return count
        }
        if count >= last { throw Killed() }
    }
}
