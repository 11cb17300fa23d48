import Foundation
import RecordStore
import Testing

@testable import Operations

@Suite("What refused operations leave behind, in this process", .timeLimit(.minutes(15)))
struct RefusedOperationTests {
    private typealias Perform = @Sendable (_ config: String, Console) async throws -> Operations.ExitStatus

    /// Operations that are refused only once they have opened the database, in which `day-1` is completed.
    private static let refused: [(name: String, perform: Perform)] = [
        (
            "records",
            {
                try await RecordsOperation(config: $0, batch: "night-9", statuses: nil, json: true, console: $1)
                    .perform()
            }
        ),
        ("report", { try await ReportOperation(config: $0, batch: "night-9", console: $1).perform() }),
        (
            "pause",
            {
                try await BatchCommandOperation(.pause, batch: "night-9", config: $0, json: true, console: $1)
                    .perform()
            }
        ),
        (
            "resolve",
            {
                let request = ResolveRequest(batch: "day-1", config: $0, line: nil, decision: .failed)
                return try await ResolveOperation(request, console: $1).perform()
            }
        ),
        (
            "purge",
            { try await PurgeOperation(PurgeRequest(config: $0, batch: "day-1"), console: $1).perform() }
        ),
        (
            "ledger",
            { try await LedgerOperation(.batch("night-9"), config: $0, json: true, console: $1).perform() }
        ),
    ]

    /// What this process has open of an installation's database.
    private static func openFiles(of place: EmulatedInstallation) throws -> [String] {
        let files = ["", "-wal", "-shm"].map { place.file("var/rollcall.sqlite") + $0 }
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { number in
            // Others may have been closed meanwhile.
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
        }.filter { files.contains($0) }
    }

    @Test("Whoever is refused leaves nothing of the database open")
    func nothingIsOpen() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            // Open files are found at all.
            let isFound = try await place.reading { _ in try !Self.openFiles(of: place).isEmpty }
            #expect(isFound)
            for (name, perform) in Self.refused {
                let refused = try await place.perform(perform)
                #expect(refused.status == .usage || refused.status == .unfinished, "\(name): \(refused.errors)")
                #expect(try Self.openFiles(of: place) == [], "\(name)")
            }
        }
    }
}
