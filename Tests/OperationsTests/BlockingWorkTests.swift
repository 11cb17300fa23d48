import Basics
import Testing

@testable import Operations

@Suite("Work on a thread that may wait")
struct BlockingWorkTests {
    @Test("Its hints name the settings as the task's own do", arguments: ["/srv/rollcall.yaml", nil])
    func hints(config: String?) async throws {
        let (own, other) = try await Hint.$config.withValue(config) {
            (Hint.doctor.commandLine, try await BlockingWork.run { Hint.doctor.commandLine })
        }
        #expect(own == other)
        #expect(other.contains("--config") == (config != nil))
    }

    @Test("A task that is cancelled waits for it all the same")
    func cancelled() async throws {
        let task = Task { try await BlockingWork.run { 7 } }
        task.cancel()
        #expect(try await task.value == 7)
    }

    @Test("What it throws is thrown to whoever waits")
    func failing() async {
        await #expect(throws: OutputLost.self) { try await BlockingWork.run { throw OutputLost() } }
    }
}
