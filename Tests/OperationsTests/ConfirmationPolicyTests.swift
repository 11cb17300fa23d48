import Foundation
import RecordStore
import Results
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Whether a batch runs or waits for confirmation")
struct ConfirmationPolicyTests {
    /// One case: the lines, the calls, the job's words, and the setting that makes it wait.
    struct Case: Sendable {
        var records = 100
        var invalid = 0
        var cardLikeIDs = 0
        var calls = 100
        var held = 0
        var confirm = false
        var above = 10_000
        var cost: Decimal?
        var maxInvalid: String?
        var waits: [String] = []
    }

    static let table: [Case] = [
        Case(), Case(calls: 10_000), Case(calls: 10_001, waits: ["confirm_above.calls, 10,000"]),
        Case(calls: 1, above: 0, waits: ["confirm_above.calls, 0"]), Case(calls: 0, above: 0),
        Case(confirm: true, waits: ["confirm: true"]), Case(calls: 0, confirm: true),
        Case(invalid: 5), Case(invalid: 6, waits: ["6 of 100 lines are invalid, more than max_invalid, 5%"]),
        // One bad line in a tiny file is no shifted column, two are.
        Case(records: 2, invalid: 1), Case(records: 3, invalid: 2, waits: ["max_invalid"]),
        Case(cardLikeIDs: 1, waits: ["the id or account of 1 line looks like a payment card number"]),
        Case(cardLikeIDs: 12, calls: 0, held: 1, waits: ["of 12 lines looks"]), Case(cardLikeIDs: 12, calls: 0),
        // Nobody is asked to agree to no calls; lines that are held may be sent later.
        Case(records: 2, invalid: 2, calls: 0), Case(records: 3, invalid: 2, calls: 0),
        Case(records: 3, invalid: 2, calls: 0, held: 1, waits: ["max_invalid"]),
        Case(records: 2, invalid: 2, calls: 0, maxInvalid: "0"),
        // Where a person gave the share, it holds to the letter.
        Case(records: 2, invalid: 1, maxInvalid: "0", waits: ["1 of 2 lines is invalid, more than max_invalid, 0%"]),
        Case(records: 2, invalid: 1, maxInvalid: "5", waits: ["max_invalid, 5%"]),
        Case(records: 2, invalid: 1, maxInvalid: "50"), Case(records: 20, invalid: 1, maxInvalid: "5"),
        Case(records: 20, invalid: 2, maxInvalid: "0", waits: ["max_invalid, 0%"]),
        Case(records: 20, invalid: 20, maxInvalid: "100"),
        Case(records: 1_000, invalid: 6, maxInvalid: "0.5", waits: ["0.5%"]),
        // To the last line: in binary fractions 29% of 100 is less than 29.
        Case(invalid: 29, maxInvalid: "29"), Case(invalid: 30, maxInvalid: "29", waits: ["max_invalid, 29%"]),
        Case(records: 1_000, invalid: 7, maxInvalid: "0.7"),
        Case(records: 1_000, invalid: 8, maxInvalid: "0.7", waits: ["max_invalid, 0.7%"]),
        Case(records: 0, calls: 0),
        Case(calls: 100, cost: 10), Case(calls: 101, cost: 10, waits: ["confirm_above.cost, USD 10.00"]),
        Case(
            invalid: 9, calls: 101, confirm: true, above: 100, cost: 10,
            waits: ["max_invalid", "confirm: true", "confirm_above.calls", "confirm_above.cost"]),
    ]

    @Test("The job's words on lines, calls and money decide", arguments: table)
    func rule(_ each: Case) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var job = JobDefinition(unnamedWith: try Self.settings(in: folder))
        job.needsConfirmation = each.confirm
        job.confirmAbove.calls = each.above
        job.confirmAbove.cost = each.cost
        job.maxInvalid = try each.maxInvalid.map { try #require(Share(percentage: $0)) }
        let pricing = Pricing(currency: "USD", tiers: [.init(upTo: nil, each: Decimal(1) / 10)])
        let estimate = Estimate(calls: each.calls, held: each.held, rate: 20, pricing: pricing)
        let confirmation = ConfirmationPolicy(
            records: each.records, invalid: each.invalid, cardLikeIDs: each.cardLikeIDs, estimate, under: job)
        #expect(confirmation.reasons.count == each.waits.count, "\(confirmation.reasons)")
        for (reason, part) in zip(confirmation.reasons, each.waits) { #expect(reason.contains(part)) }
        #expect(confirmation.state == (each.waits.isEmpty ? .running : .awaitingConfirmation))
        #expect(confirmation.reason?.hasSuffix(estimate.text) ?? each.waits.isEmpty)
    }

    @Test("After a restore of which nobody knows what it lost, no agreement to the cost is enough", arguments: [0, 3])
    func held(queued: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let job = JobDefinition(unnamedWith: try Self.settings(in: folder))
        let hold = RestoreHold(since: 0, reason: "the dog ate it", lastBatch: BatchID(rawValue: 7))
        #expect(hold.covers(BatchID(rawValue: 8)) && !hold.covers(BatchID(rawValue: 7)))
        var counts = BatchCounts()
        (counts.total, counts.queued, counts.inDoubt) = (3, queued, 3 - queued)
        let confirmation = ConfirmationPolicy(
            counts, Estimate(calls: queued, rate: 20, pricing: nil), under: job, after: hold)
        // With nothing to send there is nothing to pay.
        #expect(confirmation.isHeld == (queued > 0))
        #expect(confirmation.state == (queued > 0 ? .awaitingConfirmation : .running))
        #expect(confirmation.reason?.contains("the dog ate it") ?? (queued == 0))
        #expect(confirmation.reason?.contains("rollcall resume --after-restore") ?? (queued == 0))
    }

    @Test("What ended before a restore that lost calls is queued again with a confirmation only")
    func restoredSince() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let job = JobDefinition(unnamedWith: try Self.settings(in: folder))
        let estimate = Estimate(calls: 1, rate: 20, pricing: nil)
        for restored in [false, true] {
            let confirmation = ConfirmationPolicy(records: 0, invalid: 0, estimate, under: job, restoredSince: restored)
            #expect(!confirmation.isHeld && (confirmation.reason != nil) == restored)
        }
    }

    @Test("Without a price list no cost is above any limit")
    func noPricing() throws {
        let estimate = Estimate(calls: 5, rate: 20, pricing: nil)
        #expect(estimate.cost == .unknown && estimate.text.contains("cost unknown"))
    }

    private static func settings(in folder: URL) throws -> Settings {
        let file = folder.appending(path: "rollcall.yaml")
        let text = """
            database: var/rollcall.sqlite
            sealing_key: secrets/sealing.key
            api:
              base_url: https://127.0.0.1:8443/identity/accounts
              client_certificate: pki/client.pem
              client_key: pki/client.key
              encryption_key: pki/encryption.pem
              decryption_key: pki/decryption.pem
            """
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return try Settings.load(path: file.path, environment: [:])
    }
}
