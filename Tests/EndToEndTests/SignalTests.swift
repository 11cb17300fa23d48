import Basics
import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Processes {
    @Suite("Told to end")
    struct SignalTests {
        @Test("SIGTERM drains: answers in flight are awaited, nothing is in doubt, the next run continues")
        func drain() async throws {
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(20)
            let box = ProcessBox()
            knobs.onCall = { call in if call == 30 { box.signal(SIGTERM) } }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(200), to: "night.csv")
                let process = try installation.start(["run", "night.csv"])
                box.put(process)
                let stopped = try await process.wait()
                #expect(stopped.status == 3, "\(stopped.errors)")
                let between = try await Accounting(installation, batch: "night-1")
                between.expectCallsEqual()
                #expect(between.batch.counts.inDoubt == 0)
                #expect(between.batch.counts.inFlight == 0)
                #expect(between.batch.counts.queued > 0)
                let ended = try await installation.rollcall("run", "night.csv")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(installation.emulator.calls.total == 200)
            }
        }

        @Test(
            "Signals that come together are one wish: answers in flight are awaited",
            arguments: [[SIGTERM, SIGINT], [SIGTERM, SIGINT, SIGTERM]])
        func oneWish(signals: [Int32]) async throws {
            // What 'timeout 6h rollcall run …' does: it signals its process, and at once its group.
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(50)
            knobs.onCall = { call in if call == 30 { for signal in signals { box.signal(signal) } } }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(200), to: "night.csv")
                let process = try installation.start(["run", "night.csv"])
                box.put(process)
                let stopped = try await process.wait()
                #expect(stopped.status == 3, "\(stopped.errors)")
                #expect(stopped.errors.contains("part of the same wish"), "\(stopped.errors)")
                let accounting = try await Accounting(installation, batch: "night-1")
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.inDoubt == 0 && accounting.batch.counts.queued > 0)
            }
        }

        @Test("Signals that come together are one wish to a daemon, too")
        func oneWishToADaemon() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(50)
            knobs.onCall = { call in if call == 30 { for signal in [SIGTERM, SIGINT] { box.signal(signal) } } }
            try await EndToEndInstallation.with(knobs) { installation in
                try installation.write(Accounts.csv(200), to: "night.csv")
                #expect(try await installation.rollcall("submit", "night.csv").status == 0)
                let daemon = try installation.start(["daemon"])
                box.put(daemon)
                let ended = try await daemon.wait()
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.errors.contains("part of the same wish"), "\(ended.errors)")
                let accounting = try await Accounting(installation, batch: "night-1")
                accounting.expectCallsEqual()
                #expect(accounting.batch.counts.inDoubt == 0 && accounting.batch.counts.queued > 0)
            }
        }

        @Test("Another signal a second later leaves at once: calls in flight are in doubt and everything is written")
        func abandon() async throws {
            let box = ProcessBox()
            var knobs = EmulatorConfiguration()
            knobs.onCall = { call in
                if call == 5 { box.signal(SIGINT) }
            }
            try await EndToEndInstallation.with(knobs) { installation in
                let lines = (1...40).map { Accounts.line($0, email: $0 < 4 ? nil : "iia+hang.\($0)@example.com") }
                try installation.write(Accounts.header + lines.joined(), to: "night.csv")
                let process = try installation.start(["run", "night.csv"])
                box.put(process)
                await process.waitForError(containing: "to leave at once")
                await process.signal(SIGINT, until: "leaving at once", eachAnsweredBy: "SIGINT: ")
                let stopped = try await process.wait()
                #expect(stopped.status == 3, "\(stopped.errors)")
                let accounting = try await Accounting(installation, batch: "night-1", isKilled: true)
                try accounting.expectEveryLineAccounted(total: 40)
                accounting.expectCallsCovered()
                #expect(accounting.batch.counts.inFlight == 0)
                #expect(accounting.batch.counts.inDoubt > 0)
            }
        }
    }
}

/// A process to be signalled from the emulator's side, once it is known.
final class ProcessBox: Sendable {
    private let process = Lock<RollcallProcess?>(nil)

    func put(_ process: RollcallProcess) { self.process.withLock { $0 = process } }

    func signal(_ number: Int32) { process.withLock { $0?.signal(number) } }
}
