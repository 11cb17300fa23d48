import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner
@testable import Operations

@Suite("What is known of batches under way", .timeLimit(.minutes(15)))
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

    @Test("A batch's rate is told once it was measured, and not while the batch waits")
    func rates() async {
        let clock = HeldClock()
        let registry = ProgressRegistry(clock: clock)
        #expect(registry.isEmpty)
        var progress = RunnerProgress()
        (progress.succeeded, progress.elapsed) = (10, .milliseconds(500))
        registry.take(.progress(progress), of: batch)
        await registry.begun.wait()
        #expect(!registry.isEmpty && registry.rates.isEmpty)
        (progress.succeeded, progress.elapsed) = (24, .seconds(2))
        registry.take(.progress(progress), of: batch)
        #expect(registry.rates == [batch: 12])
        registry.take(.waitRequested(reason: "too many calls", until: clock.now + 40_000), of: batch)
        #expect(registry.rates.isEmpty)
        clock.jump(to: 40_000_000_000)
        #expect(registry.rates == [batch: 12])
        registry.forget(batch)
        #expect(registry.isEmpty)
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
