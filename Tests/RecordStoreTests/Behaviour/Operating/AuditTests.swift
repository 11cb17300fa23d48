import Foundation
import GRDB
import TestSupport
import Testing

@testable import RecordStore

@Suite("The audit")
struct AuditTests {
    @Test("Every part of an entry counts for its hash, and the hash before it")
    func content() throws {
        let action = Action.sample(.pause, of: BatchID(rawValue: 1), detail: "why")
        var changed: [Action] = []
        func change(_ body: (inout Action) -> Void) {
            var other = action
            body(&other)
            changed.append(other)
        }
        change { $0.at += 1 }
        change { $0.batch = nil }
        change { $0.batch = BatchID(rawValue: 11) }
        change { $0.name = .resume }
        change { $0.detail = nil }
        change { $0.detail = "" }
        change { $0.detail = "why," }
        change { $0.provenance.user += "x" }
        change { ($0.provenance.user, $0.provenance.host) = ("", $0.provenance.user + $0.provenance.host) }
        change { $0.provenance.host += "x" }
        change { $0.provenance.version += "x" }
        change { $0.provenance.settingsHash += "x" }
        change { $0.provenance.endpoint += "x" }
        change { $0.provenance.keyID += "x" }
        change { $0.provenance.certificateFingerprint += "x" }
        var hashes: Set<[UInt8]> = []
        for each in [action] + changed {
            var chain = AuditChain()
            hashes.insert(try #require(try chain.append(each).hash))
            hashes.insert(try #require(try chain.append(action).hash))
        }
        #expect(hashes.count == 2 * (changed.count + 1))
    }

    @Test("The hash is SHA-256 over the one before and the entry's netstrings")
    func published() throws {
        // Made with: printf '%b' … | sha256sum, over 32 zero bytes and the content.
        let provenance = Provenance(
            user: "ada", host: "h", version: "1", settingsHash: "s", endpoint: "e", keyID: "k",
            certificateFingerprint: "c")
        let action = Action(at: 17, batch: BatchID(rawValue: 3), name: .pause, provenance: provenance)
        #expect(
            String(decoding: AuditEntry.content(1, action), as: UTF8.self)
                == "1:1,2:17,5:pause,1:3,-,3:ada,1:h,1:1,1:s,1:e,1:k,1:c,")
    }

    @Test("Changed, removed, inserted and exchanged entries are found where they stand")
    func faults() throws {
        var chain = AuditChain()
        let entries = try (1...5).map { try chain.append(.sample(.resume, detail: "\($0)")) }
        #expect(try Self.fault(in: entries) == nil)
        var other = entries
        other[2] = AuditEntry(number: 3, action: .sample(.resume, detail: "x"), hash: entries[2].hash)
        #expect(try Self.fault(in: other) == .init(at: 3, .content))
        other = entries
        other.remove(at: 1)
        #expect(try Self.fault(in: other) == .init(at: 3, .number))
        other = entries
        other.insert(entries[1], at: 2)
        #expect(try Self.fault(in: other) == .init(at: 2, .number))
        other = entries
        other[3] = AuditEntry(number: 4, action: entries[3].action, hash: nil)
        #expect(try Self.fault(in: other) == .init(at: 4, .unchained))
        // Renumbered so that nothing seems missing.
        other = [entries[0]] + entries[2...].map { AuditEntry(number: $0.number - 1, action: $0.action, hash: $0.hash) }
        #expect(try Self.fault(in: other) == .init(at: 2, .content))
        // Those from before the chain are vouched for by the first one that is in it.
        chain = AuditChain()
        _ = try chain.check(AuditEntry(number: 1, action: entries[0].action, hash: nil))
        let first = try chain.append(entries[1].action)
        let old = AuditEntry(number: 1, action: entries[0].action, hash: nil)
        #expect(try Self.fault(in: [old, first]) == nil)
        let altered = AuditEntry(number: 1, action: entries[4].action, hash: nil)
        #expect(try Self.fault(in: [altered, first]) == .init(at: 2, .content))
    }

    @Test(
        "What is done is entered in the same transaction, and the chain continues over openings and roles", .everyEngine
    )
    func entered() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        #expect(try await store.auditHead() == AuditHead(entries: 0, hash: String(repeating: "0", count: 64)))
        let batch = try await store.runningBatch(count: 1)
        let pause = Action.sample(.pause, of: batch.id)
        #expect(try await store.moveBatch(batch.id, from: [.running], to: .paused, reason: nil, noting: pause))
        // Nothing is entered for what does not happen.
        #expect(try await !store.moveBatch(batch.id, from: [.running], to: .paused, reason: nil, noting: pause))
        try await store.close()
        store = try await folder.open()
        try await store.recordAction(.sample(.export, of: batch.id))
        var (entries, chain) = ([AuditEntry](), AuditChain())
        try await store.forEachAuditEntry { entries.append($0) }
        for entry in entries { #expect(try chain.check(entry) == nil) }
        #expect(entries.map(\.action.name) == [.pause, .export] && entries.first?.action == pause)
        #expect(try await store.auditHead() == AuditHead(chain))
        try await store.close()
    }

    @Test("Entries from before there was a chain are vouched for by the first that is entered after it")
    func before() async throws {
        let folder = try StoreFolder()
        var store = try await folder.open()
        for name in [Action.Name.pause, .resume] { try await store.recordAction(.sample(name)) }
        try await store.close()
        // As the migration leaves them.
        try Self.alter(folder, "DROP TRIGGER audit_is_never_changed; UPDATE audit SET hash = NULL")
        store = try await folder.open()
        let head = try await store.auditHead()
        try await store.recordAction(.sample(.cancel))
        var entries: [AuditEntry] = []
        try await store.forEachAuditEntry { entries.append($0) }
        #expect(entries.map { $0.hash == nil } == [true, true, false] && head.entries == 2)
        #expect(try Self.fault(in: entries) == nil)
        try await store.close()
        try Self.alter(folder, "UPDATE audit SET user = 'x' WHERE id = 1")
        store = try await folder.open()
        entries = []
        try await store.forEachAuditEntry { entries.append($0) }
        #expect(try Self.fault(in: entries) == .init(at: 3, .content))
        try await store.close()
    }

    private static func alter(_ folder: StoreFolder, _ statements: String) throws {
        let database = try DatabaseQueue(path: folder.database)
        try database.write { try $0.execute(sql: statements) }
        try database.close()
    }

    @Test(
        "The database refuses to change or delete an entry, or to put one anywhere but at the end",
        arguments: [
            ("UPDATE audit SET user = 'x'", "audit_is_never_changed"), ("DELETE FROM audit", "audit_is_never_deleted"),
            (Self.insert("INSERT", 1), "audit_is_appended"), (Self.insert("INSERT OR REPLACE", 1), "audit_is_appended"),
            (Self.insert("REPLACE", 1), "audit_is_appended"), (Self.insert("INSERT", 3), "audit_is_appended"),
        ])
    func refused(statement: String, rule: String) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        try await store.recordAction(.sample(.resume))
        try await store.close()
        let database = try DatabaseQueue(path: folder.database)
        let error = #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: statement) } }
        #expect(error?.message == rule)
        try database.close()
    }

    private static func insert(_ verb: String, _ number: Int) -> String {
        "\(verb) INTO audit VALUES (\(number), 1, NULL, 'start', NULL, 'u', 'h', '1', 's', 'e', 'k', 'c', zeroblob(32))"
    }

    private struct Found: Equatable {
        let number: Int64
        let fault: AuditChain.Fault

        init(at number: Int64, _ fault: AuditChain.Fault) { (self.number, self.fault) = (number, fault) }
    }

    private static func fault(in entries: [AuditEntry]) throws -> Found? {
        var chain = AuditChain()
        for entry in entries {
            if let fault = try chain.check(entry) { return Found(at: entry.number, fault) }
        }
        return nil
    }
}
