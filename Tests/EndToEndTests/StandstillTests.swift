import Foundation
import TestSupport
import Testing

extension EndToEnd.Processes {
    @Suite("What stands still")
    struct StandstillTests {
        @Test("A process that does not end is ended, with what it started, and what it waited for is told")
        func ended() async throws {
            let process = try RollcallProcess(
                ["-c", "sleep 600 & wait"], in: "/", executable: URL(filePath: "/bin/sh"), limit: 0.1)
            let ended = try await process.wait()
            #expect(ended.status == -SIGKILL)
            #expect(ended.errors.contains("stands still"), "\(ended.errors)")
            #expect(ended.errors.split(separator: "\n").last?.hasPrefix("sh ") == true, "\(ended.errors)")
        }

        @Test("What a test leaves running ends with its installation")
        func leftRunning() async throws {
            struct Failure: Error {}
            let (started, continuation) = AsyncStream<RollcallProcess>.makeStream()
            await #expect(throws: Failure.self) {
                try await EndToEndInstallation.with { installation in
                    continuation.yield(try await installation.daemon(folders: 0))
                    throw Failure()
                }
            }
            for await daemon in started {
                #expect(try await daemon.wait().status == -SIGKILL)
                break
            }
        }

        @Test("A wait for answers that are never held back ends with the test's time")
        func neverHeld() async throws {
            let held = HeldAnswers(after: 1)
            let waiting = Task { try await held.begun() }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
