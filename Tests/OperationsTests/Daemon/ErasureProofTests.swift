import Basics
import Foundation
import GRDB
import JSON
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

/// Months of files are answered, copied each month and purged while another batch runs; then everything is searched for
/// what stood in them.
@Suite("Nothing is left of purged months", .timeLimit(.minutes(30)))
struct ErasureProofTests {
    /// Lines of the purged months together. `make erasure` does the same to a million over twelve months.
    private static let records = 3_000
    private static let months = 3
    /// Sealed values that are looked for in the database's files, from all of them.
    private static let samples = 1_000
    /// Stands in every field of every line that is purged, followed by the line and the field, and nowhere else.
    private static let marker = "zqx7"
    /// The middle of January 2030, UTC.
    private static let january: WallTime = 1_894_708_800_000
    private static let month: Int64 = 31 * 86_400_000
    private static let settings = """
        limits: { rate: 50, burst: 16, concurrency: 16 }
        retry: { base_delay: 100ms, max_delay: 1s }

        """
    private static let columns = [
        "id", "account_id", "name", "street_line1", "city", "postal_code", "user_agent", "user.note",
        "device.vendorAppId", "endCustomerRefId", "placement", "_memo",
    ]

    /// A month's file: most lines are answered, some are refused by the API and some by a rule, some are the same.
    private static func file(ofMonth month: Int, lines: Int) -> String {
        let rows = (1...lines).map { line in
            let text = "\(marker)-\(month)-\(line - (line % 50 == 7 ? 1 : 0))"
            let scenario = line % 40 == 3 ? "iia+400." : ""
            let country = line % 60 == 5 ? "Nowhere" : "DE"
            return
                (columns.map { "\(text)-\($0.filter(\.isLetter))" }
                + ["\(scenario)\(text)@example.com", country, "192.0.2.1"]).joined(separator: ",")
        }
        return (columns + ["email", "country", "ip"]).joined(separator: ",") + "\n" + rows.joined(separator: "\n")
            + "\n"
    }

    @Test("0 markers in database, log, free pages, folders and messages, and no month's backup opens with today's keys")
    func proof() async throws {
        let bench = try await DaemonBench(
            at: Self.january, settings: Self.settings,
            jobs: ["drop": "source: { path: drop, settle: 30s }\nmax_invalid: 100%\n"])
        try FileManager.default.createDirectory(atPath: bench.file("backups"), withIntermediateDirectories: false)
        for month in 1...Self.months { try await Self.answerAndCopy(month, bench) }
        let sealed = try Self.sealedValues(of: bench)
        #expect(sealed.count == Self.samples)
        // So that an absence says something: the markers did go through.
        #expect(try await Self.opens(bench, backup: 1))
        #expect(try Self.occurrences(of: [Data(Self.marker.utf8)], below: "drop", bench).count >= 3 * Self.months)

        try await bench.startDaemon()
        try bench.write(accounts((1...600).map { "other\($0)" }), to: "drop/inbox/other.csv")
        let other = "other-\(Self.months + 1)"
        try await bench.pass { try await bench.batch(other)?.counts.succeeded ?? 0 > 20 }
        #expect(try await bench.batch(other)?.state == .running)
        let purged = try await Self.purge(bench)
        try await bench.pass { try await bench.hasResults(other) }
        #expect(try await bench.batch(other)?.counts.succeeded == 600)
        try await bench.stopDaemon()
        try await bench.place.expectLedgerEqualsCalls()

        let months = try purged.json()[0]["months_destroyed"]
        #expect((0..<Self.months).allSatisfy { months?[$0]?.string == "2030-0\($0 + 1)" }, "\(purged.output)")
        #expect(try await bench.place.purge(olderThan: "20d", yes: true).errors.contains("nothing to purge"))
        #expect(try Self.occurrences(of: [Data(Self.marker.utf8)], below: ".", bench).isEmpty)
        #expect(try Self.occurrences(of: sealed, below: "var", bench).isEmpty)
        #expect(!bench.lines.all.contains { "\($0)".contains(Self.marker) })
        for backup in 1...Self.months { #expect(try await !Self.opens(bench, backup: backup), "\(backup)") }
        try await bench.end()
    }

    /// Has one month's file answered by a daemon, copies the database, and lets the month pass.
    private static func answerAndCopy(_ month: Int, _ bench: DaemonBench) async throws {
        try await bench.startDaemon()
        try bench.write(file(ofMonth: month, lines: records / months), to: "drop/inbox/month.csv")
        try await bench.pass { try await bench.hasResults("month-\(month)") }
        try await bench.pass { try !bench.names(in: "drop/archive").isEmpty && bench.names(in: "drop/inbox").isEmpty }
        try await bench.stopDaemon()
        let counts = try #require(try await bench.batch("month-\(month)")).counts
        #expect(counts.total == records / months && counts.failed > 0 && counts.invalid > 0 && counts.reused > 0)
        let copy = try await bench.place.perform { config, console in
            try await BackupOperation(file: backup(month, bench), config: config, console: console).perform()
        }
        #expect(copy.status == .succeeded, "\(copy.errors)")
        try await bench.pass(to: january + Int64(month) * Self.month)
    }

    private static func backup(_ month: Int, _ bench: DaemonBench) -> String { bench.file("backups/\(month).sqlite") }

    /// Whether the purge that is under way has ended.
    private final class Purge: Sendable {
        private let hasEnded = Lock(false)
        var isOver: Bool { hasEnded.withLock { $0 } }
        func end() { hasEnded.withLock { $0 = true } }
    }

    /// Purges all that ended long ago, beside the daemon and its batch; time passes meanwhile.
    private static func purge(_ bench: DaemonBench) async throws -> OperationOutcome {
        let purge = Purge()
        async let purging = {
            defer { purge.end() }
            return try await bench.place.purge(olderThan: "20d", yes: true, json: true, clock: bench.clock)
        }()
        try await bench.pass { purge.isOver }
        let ended = try await purging
        #expect(ended.status == .succeeded, "\(ended.errors)")
        return ended
    }

    /// Values that are sealed in the database, their nonces and the starts of their ciphertexts, from all its batches.
    private static func sealedValues(of bench: DaemonBench) throws -> [Data] {
        let database = try DatabaseQueue(path: bench.file("var/rollcall.sqlite"))
        let sql = """
            SELECT substr(value, 1, 24) FROM (
              SELECT payload AS value FROM records UNION ALL SELECT payload FROM archived_records
              UNION ALL SELECT answer FROM results UNION ALL SELECT answer FROM archived_results
              UNION ALL SELECT detail FROM results UNION ALL SELECT detail FROM archived_results)
            WHERE length(value) > 0 ORDER BY random() LIMIT ?
            """
        let values = try database.read { try Data.fetchAll($0, sql: sql, arguments: [samples]) }
        try database.close()
        return values
    }

    /// The files below a folder of the installation in which one of some texts stands.
    private static func occurrences(of texts: [Data], below folder: String, _ bench: DaemonBench) throws -> [String] {
        let files = FileManager.default
        return try files.subpathsOfDirectory(atPath: bench.file(folder)).filter { name in
            guard let bytes = files.contents(atPath: bench.file("\(folder)/\(name)")) else { return false }
            return texts.contains { bytes.holds($0) }
        }
    }

    /// Whether any record of a month's backup can be read with the keys that are there now; all of one batch or none.
    private static func opens(_ bench: DaemonBench, backup number: Int) async throws -> Bool {
        let settings = try Installation(config: bench.place.config).settings
        let store = try await StoreDescription(
            engine: .sqlite(path: backup(number, bench)), sealingKey: settings.sealingKey,
            keysFolder: settings.keysFolder, endpoint: settings.api.baseURL, timeZone: settings.limits.timeZone
        ).openForReading()
        var opened = 0
        for batch in try await store.batches() {
            do {
                try await store.forEachRecord(batch.id) { view in
                    opened += String(decoding: try view.payload().rawRow, as: UTF8.self).contains(marker) ? 1 : 0
                }
            } catch let error as StoreError where error.code == .purged {
                continue
            }
        }
        try await store.close()
        #expect(opened == 0 || opened == number * (records / months))
        return opened > 0
    }
}
