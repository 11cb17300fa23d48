import JobRunner
import Testing

@testable import Operations

@Suite("A doorbell")
struct DoorbellTests {
    @Test("A ring that nobody waits for is kept, and several are one")
    func kept() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        await bell.wait()
        let second = Task { await bell.wait() }
        bell.ring()
        await second.value
    }

    @Test("A cancelled task does not wait")
    func cancelled() async {
        let bell = Doorbell()
        let waiting = Task { await bell.wait() }
        waiting.cancel()
        await waiting.value
    }

    @Test("A time that has come wakes as a ring does")
    func deadline() async {
        let bell = Doorbell()
        await bell.wait(for: .zero, on: SystemClock())
    }
}
