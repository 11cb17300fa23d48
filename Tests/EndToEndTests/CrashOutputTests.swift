import Emulator
import Foundation
import TestSupport
import Testing

extension EndToEnd.Processes {
    @Suite("Crash output")
    struct CrashOutputTests {
        static let signals = [SIGSEGV, SIGABRT, SIGTRAP]
        /// Commands that are held where they open the pipe `held`.
        static let held = [
            ["jwe", "encrypt", "--key", "held"], ["jwe", "decrypt", "--key", "held"], ["keys", "inspect", "held"],
            ["keys", "fingerprint", "held"],
        ]

        @Test(
            "A crash prints no registers and no stack, writes no core and ends a command with keys and tokens",
            .timeLimit(.minutes(15)), arguments: held, signals)
        func crashed(arguments: [String], signal: Int32) async throws {
            try await Self.inFolder { folder in
                #expect(mkfifo("\(folder)/held", 0o600) == 0)
                let process = try Self.start(arguments, in: folder)
                let writing = try await Self.writingEnd(of: "\(folder)/held")
                defer { close(writing) }
                try await Self.expectSilentEnd(of: process, by: signal)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["held"])
            }
        }

        @Test("So it does the emulator and the daemon", .timeLimit(.minutes(15)), arguments: signals)
        func servicesCrashed(signal: Int32) async throws {
            try await Self.inFolder { folder in
                let emulator = try Self.start(["emulator", "--listen", "127.0.0.1:0", "--dir", "iia"], in: folder)
                await emulator.waitForOutput(containing: "Try next")
                let daemon = try Self.start(["daemon", "--config", "iia/rollcall.yaml"], in: folder)
                await daemon.waitForError(containing: "the daemon is up")
                try await Self.expectSilentEnd(of: daemon, by: signal)
                try await Self.expectSilentEnd(of: emulator, by: signal)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["iia"])
            }
        }

        @Test("So it does a check, which reads records only", .timeLimit(.minutes(15)), arguments: signals)
        func checkCrashed(signal: Int32) async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(1), to: "day.csv")
                // Nobody reads its output, so that it is held once a pipe's 64 KiB are full (`man 7 pipe`).
                #expect(mkfifo(installation.file("full"), 0o600) == 0)
                let reading = open(installation.file("full"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
                defer { close(reading) }
                let before = try installation.names(in: "")
                let files = [String](repeating: "day.csv", count: 1_000)
                let process = try Self.start(["check"] + files, outputTo: "full", in: installation.path)
                var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                try await waitUntil { poll(&waiting, 1, 0) != 0 }
                try await Self.expectSilentEnd(of: process, by: signal)
                #expect(try installation.names(in: "") == before)
            }
        }

        @Test("The unit forbids it, too")
        func unit() throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let unit = try String(contentsOf: root.appending(path: "packaging/rollcall.service"), encoding: .utf8)
            let lines = unit.split(separator: "\n")
            #expect(lines.contains("LimitCORE=0") && lines.contains("Environment=SWIFT_BACKTRACE=enable=no"))
        }

        /// The environment asks for backtraces, and the shell for cores of any size.
        private static func start(
            _ arguments: [String], outputTo file: String? = nil, in folder: String
        ) throws -> RollcallProcess {
            let script = "ulimit -c unlimited; exec \"$0\" \"$@\"" + (file.map { " > \($0)" } ?? "")
            return try RollcallProcess(
                ["-c", script, RollcallProcess.executable.path] + arguments,
                environment: ["SWIFT_BACKTRACE": "enable=yes"], in: folder, executable: URL(filePath: "/bin/sh"))
        }

        private static func expectSilentEnd(of process: RollcallProcess, by signal: Int32) async throws {
            try expectPrivate(process)
            let errors = process.errorsSoFar
            process.signal(signal)
            let ended = try await process.wait()
            #expect(ended.status == -signal)
            #expect(ended.errors == errors)
        }

        private static func inFolder(_ body: (String) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-crash-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await body(folder.path)
            try FileManager.default.removeItem(at: folder)
        }

        /// The writing end of a named pipe, once somebody has opened the other to read (`man 7 fifo`, ENXIO).
        private static func writingEnd(of pipe: String) async throws -> Int32 {
            try await waitFor {
                let descriptor = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                if descriptor >= 0 { return descriptor }
                try #require(errno == ENXIO)
                return nil
            }
        }

        /// The kernel gives what `/proc` shows of a process that cannot be dumped to root (`man 5 proc`); to root
        /// itself this says nothing.
        private static func expectPrivate(_ process: RollcallProcess) throws {
            let limits = try KernelFile.text(at: "/proc/\(process.identifier)/limits")
            let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
            #expect(core.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
            var facts = stat()
            #expect(stat("/proc/\(process.identifier)/environ", &facts) == 0)
            #expect(facts.st_uid == 0)
        }
    }
}
