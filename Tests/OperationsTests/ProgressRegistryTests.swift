import Basics
import JobRunner
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("What is known of batches under way")
struct ProgressRegistryTests {
    private let batch = BatchID(rawValue: 1)

    @Test(
        "A wait ends when its time has passed, whatever becomes of the wall clock", arguments: [-3_600_000, 3_600_000])
    func wait(step: Int64) {
        let clock = HeldClock()
        let registry = ProgressRegistry(clock: clock)
        registry.take(.gateClosed(reason: "too many calls", until: clock.now + 40_000), of: batch)
        clock.setWall(to: clock.now + step)
        #expect(registry[batch]?.wait?.end == 40_000_000_000)
        registry.take(.gateOpened, of: batch)
        #expect(registry[batch]?.wait == nil)
    }

    @Test("A window that never opens is waited for without end")
    func never() {
        let clock = HeldClock()
        clock.jump(to: 5)
        let registry = ProgressRegistry(clock: clock)
        registry.take(.windowClosed(until: .distantFuture), of: batch)
        #expect(registry[batch]?.wait?.end == .distantFuture)
    }
}
