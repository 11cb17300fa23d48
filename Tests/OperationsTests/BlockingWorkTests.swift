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
}
