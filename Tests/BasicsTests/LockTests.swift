import Basics
import Testing

@Suite("Lock")
struct LockTests {
    /// Says when it is gone.
    private struct Handle: ~Copyable {
        var count = 0
        let ended: @Sendable () -> Void

        deinit { ended() }
    }

    private final class Counter: Sendable {
        let value = Lock(0)
    }

    private struct Refusal: Error {}

    @Test("No turn is lost among threads that compete for it")
    func competing() async {
        let counter = Counter()
        await withDiscardingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<20_000 { counter.value.withLock { $0 += 1 } } }
            }
        }
        #expect(counter.value.withLock { $0 } == 80_000)
    }

    @Test("What is thrown comes out, and the lock is free again")
    func throwing() throws {
        let lock = Lock([1])
        #expect(throws: Refusal.self) {
            try lock.withLock { value throws(Refusal) in
                value.append(2)
                throw Refusal()
            }
        }
        #expect(lock.withLock { $0 } == [1, 2])
    }

    @Test("It owns a value that cannot be copied, and ends it once")
    func owning() {
        let counter = Counter()
        do {
            let lock = Lock(Handle { counter.value.withLock { $0 += 1 } })
            lock.withLock { $0.count += 1 }
            #expect(lock.withLock { $0.count } == 1)
            #expect(counter.value.withLock { $0 } == 0)
        }
        #expect(counter.value.withLock { $0 } == 1)
    }
}
