import JobRunner
import Testing

@testable import Operations

@Suite("A wake signal", .timeLimit(.minutes(15)))
struct WakeSignalTests {
    @Test("A wake-up that nobody waits for is kept, and several are one")
    func kept() async {
        let wakeSignal = WakeSignal()
        wakeSignal.wakeUp()
        wakeSignal.wakeUp()
        await wakeSignal.wait()
        let second = Task { await wakeSignal.wait() }
        wakeSignal.wakeUp()
        await second.value
    }

    @Test("A cancelled task does not wait")
    func cancelled() async {
        let wakeSignal = WakeSignal()
        let waiting = Task { await wakeSignal.wait() }
        waiting.cancel()
        await waiting.value
    }

    @Test("A time that has come wakes as a wake-up does")
    func deadline() async {
        let wakeSignal = WakeSignal()
        await wakeSignal.wait(for: .zero, on: SystemClock())
    }
}
