import Basics
import Foundation
import Ingest
import RecordStore

/// Forgets in a copy of the database, before it is put in place, the persons who were forgotten since it was made.
struct ForgottenAgain: Sendable {
    /// The copy.
    let store: RecordStore

    /// Looks through the batches that were made before somebody was forgotten.
    ///
    /// - Returns: What was done.
    /// - Throws: `StoreError` when the list is damaged, or the copy cannot be read or written.
    func perform() async throws -> ErasureInCopy {
        let persons = try await store.forgottenPersons()
        var done = ErasureInCopy()
        guard !persons.isEmpty else { return done }
        let hasher = try await store.personHasher()
        for batch in try await store.batches() {
            do {
                done.records += try await forget(persons, hasher, in: batch)
            } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
                // Nobody can read it.
            } catch let error as StoreError where error.code == .keysFolder {
                // Nobody can read it now; with its month's key put back that changes.
                done.unread.append(batch.name)
            }
        }
        return done
    }

    private func forget(_ persons: ForgottenPersons, _ hasher: PersonHasher, in batch: Batch) async throws -> Int {
        guard persons.lastTime.map({ batch.createdAt <= $0 }) ?? false else { return 0 }
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        var reader = try PersonReader(layout: layout, accountKey: key)
        var found: [WallTime: [RecordID]] = [:]
        try await store.forEachRecord(batch.id) { view in
            // One that was altered cannot be read by anybody.
            guard view.forgottenAt == nil, let payload = try? view.payload() else { return }
            let person = try reader.person(of: payload.rawRow, line: view.line)
            let accounts =
                try person.values.flatMap { try reader.accounts(behind: $0) } + [person.account].compactMap(\.self)
            let hashes =
                try ([payload.id] + person.values).map { try hasher.hash(recordID: $0) }
                + accounts.map { try hasher.hash(account: $0) }
            let times = hashes.compactMap { persons.time(of: $0, inBatchMadeAt: batch.createdAt) }
            if let time = times.max() { found[time, default: []].append(view.record) }
        }
        var count = 0
        for (time, records) in found.sorted(by: { $0.key < $1.key }) {
            count += try await store.forget(records, at: time, isRestored: true, noting: nil).count
        }
        return count
    }
}
