import Foundation
import RecordStore
import Testing

@testable import Operations

@Suite("backup, restore and doctor, in this process", .timeLimit(.minutes(15)))
struct BackupOperationTests {
    @Test("A backup is whole, is never written over another file, and put back it knows what it lacks")
    func backupAndRestore() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "first.csv")
            try place.write(accounts(["bob", "eve"]), to: "second.csv")
            #expect(try await place.run("first.csv").status == .succeeded)
            let copied = try await place.backup()
            #expect(
                copied.status == .succeeded && copied.output == place.file("copy.sqlite") + "\n", "\(copied.errors)")
            #expect(try await place.backup().status != .succeeded)
            let whole = try await place.restore()
            #expect(whole.errors.contains("it knows of every call that was made"), "\(whole.errors)")
            #expect(try await place.run("second.csv").status == .succeeded)
            try await place.expectLedgerEqualsCalls()
            let restored = try await place.restore()
            #expect(restored.status == .succeeded)
            #expect(restored.errors.contains("does not know of the last 2 calls"), "\(restored.errors)")
            #expect(try await place.batch("first-1")?.state == .completed)
            #expect(try await place.batch("second-2") == nil)
            #expect(try place.callsRead() == 3)
        }
    }

    @Test("Where nobody knows what a restored copy lacks, files wait until somebody accepts it")
    func afterRestore() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "first.csv")
            try place.write(accounts(["bob"]), to: "second.csv")
            #expect(try await place.run("first.csv").status == .succeeded)
            #expect(try await place.afterRestore().errors.contains("nothing waits since a restore"))
            #expect(try await place.backup().status == .succeeded)
            try FileManager.default.removeItem(atPath: place.file("secrets/ledger.trace"))
            #expect(try await place.restore().errors.contains("nobody knows what was sent"))
            let waiting = try await place.run("second.csv")
            #expect(waiting.status == .unfinished, "\(waiting.errors)")
            #expect(try place.callsRead() == 1)
            let accepted = try await place.afterRestore()
            #expect(
                accepted.status == .succeeded && accepted.errors.contains("may be paid twice"), "\(accepted.errors)")
            #expect(try await place.run("second.csv").status == .succeeded)
            #expect(try place.callsRead() == 2)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("The doctor calls only when it is told to, and says what is wrong")
    func doctor() async throws {
        try await EmulatedInstallation.with { place in
            let well = try await place.doctor(oneCall: false)
            #expect(well.status == .succeeded, "\(well.output)")
            #expect(try place.callsRead() == 0)
            let called = try await place.doctor(oneCall: true)
            #expect(called.status == .succeeded && called.output.contains("answered and billed"), "\(called.output)")
            #expect(try place.callsRead() == 1)
            try await place.takeAPIDown()
            let unreachable = try await place.doctor(oneCall: false)
            #expect(unreachable.status == .configuration)
            #expect(unreachable.output.contains(#""check":"connection""#), "\(unreachable.output)")
        }
    }
}

extension EmulatedInstallation {
    fileprivate func backup() async throws -> OperationOutcome {
        let copy = file("copy.sqlite")
        return try await perform { config, console in
            try await BackupOperation(file: copy, config: config, console: console).perform()
        }
    }

    fileprivate func restore() async throws -> OperationOutcome {
        let copy = file("copy.sqlite")
        return try await perform { config, console in
            try await RestoreOperation(file: copy, config: config, console: console).perform()
        }
    }

    fileprivate func afterRestore() async throws -> OperationOutcome {
        try await perform { config, console in
            try await AfterRestoreOperation(config: config, json: true, console: console).perform()
        }
    }

    fileprivate func doctor(oneCall: Bool) async throws -> OperationOutcome {
        try await perform { config, console in
            try await DoctorOperation(config: config, oneCall: oneCall, json: true, console: console).perform()
        }
    }
}
