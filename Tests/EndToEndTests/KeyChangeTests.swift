import Emulator
import Foundation
import OpenSSL
import RecordStore
import Testing

extension EndToEnd.Calls {
    @Suite("The change of keys")
    struct KeyChangeTests {
        /// Slow enough for a batch to be under way through the whole change.
        private static let slow =
            EndToEndInstallation.fast.replacing("rate: 2000, burst: 32", with: "rate: 100, burst: 1")
            + "daemon: { poll: 50ms }\n"
        private static let readAnew = "settings, jobs and keys were read again"
        private static let formerClosed = "no call uses the keys read before any more"

        @Test("All keys change while a batch runs: each answer is read, no record is lost, the daemon stays up")
        func yearlyChange() async throws {
            let (calls, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
            var knobs = EmulatorConfiguration()
            knobs.latency = .milliseconds(5)
            // Only the client certificates of the present keys are let in, at each request.
            knobs.answersCertificateErrors = true
            knobs.onCall = { continuation.yield($0) }
            try await EndToEndInstallation.with(knobs, settings: Self.slow) { installation in
                func more(_ count: Int) async {
                    let goal = installation.emulator.calls.total + count
                    for await total in calls where total >= goal { break }
                }
                let former = try EmulatorDirectory(path: installation.path).material(host: "127.0.0.1")
                let next = try installation.writeNextKeys()
                let daemon = try await installation.daemon(folders: 0)
                try installation.write(Accounts.csv(1_200), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                await more(50)

                // Before the switch: whatever comes next can be read.
                try await installation.change(
                    [
                        "ca_certificates: pki/ca.pem": "ca_certificates: pki/next/authorities.pem",
                        "decryption_key: pki/decryption.pem":
                            "decryption_key: [pki/decryption.pem, pki/next/decryption.pem]",
                    ], reloading: daemon, times: 1)
                try installation.emulator.exchangeKeys(for: [former, next])
                await more(100)
                #expect(try await installation.batch("day-1").counts.queued > 200)

                // At the switch: the new keys are sent with, then the former ones are taken away.
                try await installation.change(
                    [
                        "pki/client": "pki/next/client", "encryption_key: pki/": "encryption_key: pki/next/",
                    ], reloading: daemon, times: 2)
                try installation.emulator.exchangeKeys(for: [next])
                await more(100)
                #expect(try await installation.batch("day-1").counts.queued > 200)

                // Afterwards.
                try await installation.change(
                    ["[pki/decryption.pem, ": "[", "rate: 100": "rate: 2000"], reloading: daemon, times: 3)
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)

                let accounting = try await Accounting(installation, batch: "day-1")
                #expect(accounting.batch.counts.succeeded == 1_200)
                // What was claimed and not yet sent when the settings changed was put back, and nothing else.
                let others = accounting.ledger.filter { $0.outcome != .succeeded }
                #expect(others.allSatisfy { $0.cause == "not_started" && !$0.countsAsCall }, "\(others)")
                try accounting.expectEveryLineAccounted(total: 1_200)
                accounting.expectCallsEqual()
                #expect(accounting.calls.allSatisfy { $0.status == 200 && $0.fault == nil })
            }
        }

        @Test("An answer under a key that is not in the list is kept as undecipherable, and read once the key is there")
        func missingKey() async throws {
            try await EndToEndInstallation.with { installation in
                let former = try EmulatorDirectory(path: installation.path).material(host: "127.0.0.1")
                let next = try installation.writeNextKeys()
                try installation.emulator.exchangeKeys(for: [next, former])
                try installation.write(Accounts.csv(2), to: "day.csv")
                let first = try await installation.rollcall("run", "day.csv")
                #expect(first.status == 4, "\(first.errors)")
                #expect(try await installation.batch("day-1").counts.inDoubt == 1)
                let settings = try installation.text("rollcall.yaml")
                try installation.write(
                    settings.replacing(
                        "decryption_key: pki/", with: "decryption_key:\n    - pki/next/decryption.pem\n    - pki/"),
                    to: "rollcall.yaml")
                let again = try await installation.rollcall("rerun", "day-1", "--status", "in_doubt", "--yes")
                #expect(again.status == 0, "\(again.errors)")
                #expect(try await installation.batch("day-1").counts.succeeded == 2)
                #expect(installation.emulator.calls.total == 2)
            }
        }

        @Test("The emulator takes new keys beside the former ones at SIGHUP, and retires those at the next")
        func emulatorCommand() async throws {
            try await EndToEndInstallation.with { installation in
                let process = try installation.start(["emulator", "--listen", "127.0.0.1:0", "--dir", "api"])
                await process.waitForOutput(containing: "Try next")
                try FileManager.default.removeItem(atPath: installation.file("api/pki"))
                process.signal(SIGHUP)
                await process.waitForError(containing: "the former ones are taken beside them")
                process.signal(SIGHUP)
                await process.waitForError(containing: "those are in use now")
                try installation.write("no key", to: "api/pki/decryption.pem")
                process.signal(SIGHUP)
                await process.waitForError(containing: "the keys were not changed: pki/decryption.pem")
                process.signal(SIGTERM)
                #expect(try await process.wait().status == 0)
            }
        }
    }
}

extension EndToEndInstallation {
    /// Keys of another authority in `pki/next`, and the two authorities together.
    fileprivate func writeNextKeys() throws -> EmulatorMaterial {
        let next = try EmulatorMaterial.generate(host: "127.0.0.1")
        try makeFolder("pki/next")
        try write(next.client.chainPEM(), to: "pki/next/client.pem")
        try write(next.client.keyPEM(), to: "pki/next/client.key")
        try write(next.requestKey.publicKey.pem(), to: "pki/next/encryption.pem")
        try write(next.answerKey.pem(), to: "pki/next/decryption.pem")
        try write(
            text("pki/ca.pem") + String(decoding: next.authority.pem(), as: UTF8.self), to: "pki/next/authorities.pem")
        return next
    }

    /// Changes the settings, sends SIGHUP and waits until no call uses the keys read before.
    fileprivate func change(_ parts: [String: String], reloading daemon: RollcallProcess, times: Int) async throws {
        let settings = parts.reduce(try text("rollcall.yaml")) { $0.replacing($1.key, with: $1.value) }
        try write(settings, to: "rollcall.yaml")
        daemon.signal(SIGHUP)
        await daemon.waitForError(containing: "settings, jobs and keys were read again", times: times)
        await daemon.waitForError(containing: "no call uses the keys read before any more", times: times)
    }
}
