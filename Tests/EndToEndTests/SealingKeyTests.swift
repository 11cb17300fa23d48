import Emulator
import Foundation
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Processes {
    @Suite("The sealing key")
    struct SealingKeyTests {
        @Test("It is rotated beside a daemon, also when rotations are killed on the way: nothing is lost or paid twice")
        func rotationBesideADaemon() async throws {
            let settings =
                EndToEndInstallation.fast.replacing("rate: 2000, burst: 32", with: "rate: 250, burst: 1")
                + "daemon: { poll: 50ms }\n"
            try await EndToEndInstallation.with(settings: settings) { installation in
                let daemon = try await installation.daemon(folders: 0)
                try installation.write(Accounts.csv(600), to: "day.csv")
                #expect(try await installation.rollcall("submit", "day.csv").status == 0)
                let old = try installation.text("secrets/sealing.key")
                let new = installation.file("secrets/sealing.key.new")
                for _ in 1...5 {
                    let rotation = try installation.start(["keys", "rotate"])
                    try await waitUntil {
                        FileManager.default.fileExists(atPath: new)
                            || (try? installation.text("secrets/sealing.key")) != old
                    }
                    rotation.signal(SIGKILL)
                    _ = try await rotation.wait()
                    #expect(try await installation.rollcall("records", "day-1").status == 0)
                }
                let rotated = try await installation.rollcall("keys", "rotate")
                #expect(rotated.status == 0 && rotated.errors.contains("kill -HUP"), "\(rotated.errors)")
                #expect(try installation.text("secrets/sealing.key") != old)
                #expect(!FileManager.default.fileExists(atPath: new))
                daemon.signal(SIGHUP)
                await daemon.waitForError(containing: "settings, jobs and keys were read again")
                try installation.write(Accounts.csv(3), to: "next.csv")
                #expect(try await installation.rollcall("submit", "next.csv").status == 0)
                await daemon.waitForError(containing: "batch is over batch=next-2")
                await daemon.waitForError(containing: "batch is over batch=day-1")
                try await installation.end(daemon)
                let accounting = try await Accounting(installation, batch: "day-1")
                #expect(accounting.batch.counts.succeeded == 600)
                try accounting.expectEveryLineAccounted(total: 600)
                #expect(installation.emulator.calls.total == 603)
            }
        }

        @Test("A credential of systemd and an inherited descriptor serve; what reads no record needs neither")
        func handedOver() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Accounts.csv(2), to: "first.csv")
                #expect(try await installation.rollcall("run", "first.csv").status == 0)
                try installation.makeFolder("credentials")
                try FileManager.default.moveItem(
                    atPath: installation.file("secrets/sealing.key"), toPath: installation.file("credentials/seal"))
                let settings = try installation.text("rollcall.yaml")
                let file = "sealing_key: secrets/sealing.key"
                try installation.write(
                    settings.replacing(file, with: "sealing_key: credential:seal"), to: "rollcall.yaml")

                #expect(try await installation.rollcall("status").status == 0)
                let without = try await installation.rollcall("records", "first-1")
                #expect(without.status == 78 && without.errors.contains("LoadCredential=seal"), "\(without.errors)")
                try installation.write(Accounts.csv(3), to: "second.csv")
                let credential = try await installation.rollcall(
                    "run", "second.csv", environment: ["CREDENTIALS_DIRECTORY": installation.file("credentials")])
                #expect(credential.status == 0, "\(credential.errors)")

                try installation.write(settings.replacing(file, with: "sealing_key: fd:7"), to: "rollcall.yaml")
                try installation.write(Accounts.csv(4), to: "third.csv")
                let closed = try await installation.rollcall("run", "third.csv")
                #expect(closed.status == 78 && closed.errors.contains("7<FILE"), "\(closed.errors)")
                let descriptor = try await installation.shell("exec \"$0\" run third.csv 7<credentials/seal")
                #expect(descriptor.status == 0, "\(descriptor.errors)")
                #expect(installation.emulator.calls.total == 9)
            }
        }
    }
}
