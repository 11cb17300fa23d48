import Foundation
import JSON
import RecordStore
import TestSupport
import Testing

@testable import Operations

@Suite("rerun, resolve and what is done with whole batches, in this process", .timeLimit(.minutes(15)))
struct DecidingOperationsTests {
    @Test("rerun sends failed records again and nothing else")
    func rerunFailed() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+400x1", "iia+400"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedWithFailures)
            let again = try await place.rerun("failed", json: true)
            #expect(again.status == .finishedWithFailures, "\(again.errors)")
            let records = try #require(try again.json().first?["records"])
            #expect(records["succeeded"]?.integer == 2 && records["failed"]?.integer == 1)
            #expect(try place.callsRead() == 5)
            let refused = try await place.rerun("succeeded")
            #expect(refused.status == .usage && refused.errors.contains("never sent again"), "\(refused.errors)")
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("rerun sends what may have been billed only with --yes")
    func rerunInDoubt() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+resetx1"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            let refused = try await place.rerun("in_doubt")
            #expect(refused.status == .unfinished, "\(refused.errors)")
            #expect(refused.errors.contains("may have been billed already"), "\(refused.errors)")
            #expect(try place.callsRead() == 2)
            #expect(try await place.rerun("in_doubt", yes: true).status == .succeeded)
            #expect(try place.callsRead() == 3)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("resolve settles what is in doubt as failed, and writes the results again")
    func resolveAsFailed() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+reset"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            #expect(try await place.resolve(.failed, line: 2).status == .unfinished)
            let resolved = try await place.resolve(.failed, line: 3)
            #expect(resolved.status == .succeeded, "\(resolved.errors)")
            #expect(try await place.batch("day-1")?.counts.failed == 1)
            #expect(try place.text("out/day-1/results.csv").contains("resolved as failed by hand"))
            let nothing = try await place.resolve(.failed)
            #expect(nothing.status == .unfinished && nothing.errors.contains("no record is in doubt"))
            #expect(try place.callsRead() == 2)
            try await place.expectLedgerEqualsCalls()
        }
    }

    @Test("resolve queues what is in doubt only with --yes; the file, run again, sends it")
    func resolveAsQueued() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada", "iia+resetx1"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .finishedInDoubt)
            let refused = try await place.resolve(.queued)
            #expect(refused.status == .unfinished && refused.errors.contains("--yes"), "\(refused.errors)")
            #expect(try await place.resolve(.queued, yes: true).status == .succeeded)
            #expect(try await place.batch("day-1")?.counts.queued == 1)
            #expect(try place.callsRead() == 2)
            #expect(try await place.run("day.csv").status == .succeeded)
            #expect(try place.callsRead() == 3)
            try await place.expectLedgerEqualsCalls()
        }
    }

    /// Commands one after the other, how each ends, and the batch's state then.
    private static let steps: [(BatchCommand, Operations.ExitStatus, BatchState)] = [
        (.pause, .unfinished, .awaitingConfirmation), (.start, .succeeded, .running), (.start, .succeeded, .running),
        (.pause, .succeeded, .paused), (.pause, .succeeded, .paused), (.start, .unfinished, .paused),
        (.resume, .succeeded, .running), (.cancel, .succeeded, .cancelled), (.cancel, .succeeded, .cancelled),
        (.resume, .unfinished, .cancelled),
    ]

    @Test("start, pause, resume and cancel lead a batch from state to state, and make no call")
    func commands() async throws {
        let settings = EmulatedSettings.fast + "confirm_above: { calls: 1 }\n"
        try await EmulatedInstallation.with(settings: settings) { place in
            try place.write(accounts(["ada", "bob"]), to: "day.csv")
            #expect(try await place.run("day.csv", yes: false).status == .unfinished)
            for (command, status, state) in Self.steps {
                let outcome = try await place.command(command)
                #expect(outcome.status == status, "\(command): \(outcome.errors)")
                #expect(try await place.batch("day-1")?.state == state, "\(command): \(outcome.errors)")
                guard status == .succeeded else { continue }
                #expect(try outcome.json().first?["state"]?.string == state.rawValue, "\(command)")
            }
            #expect(try place.text("out/day-1/cancelled.csv").contains("account-1"))
            #expect(try place.callsRead() == 0)
        }
    }
}

extension EmulatedInstallation {
    func rerun(_ statuses: String, yes: Bool = false, json: Bool = false) async throws -> OperationOutcome {
        try await perform { config, console in
            let request = RerunRequest(batch: "day-1", config: config, statuses: statuses, yes: yes, json: json)
            return try await RerunOperation(request, console: console).perform()
        }
    }

    fileprivate func resolve(
        _ decision: ResolveRequest.Decision, line: Int? = nil, yes: Bool = false
    ) async throws -> OperationOutcome {
        try await perform { config, console in
            let request = ResolveRequest(batch: "day-1", config: config, line: line, decision: decision, yes: yes)
            return try await ResolveOperation(request, console: console).perform()
        }
    }

    fileprivate func command(_ command: BatchCommand) async throws -> OperationOutcome {
        try await perform { config, console in
            try await BatchCommandOperation(command, batch: "day-1", config: config, json: true, console: console)
                .perform()
        }
    }
}
