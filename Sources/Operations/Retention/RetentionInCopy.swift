import Basics
import RecordStore

/// Erases in a copy of the database, before it is put in place, what today's retention would not have kept: a copy from
/// before must not bring it back.
struct RetentionInCopy {
    /// The copy.
    let store: RecordStore
    let rules: RetentionRules
    /// Who restores it.
    let provenance: Provenance

    /// Purges the batches of which something is due. What cannot be purged now, because its month's key is missing, is
    /// unreadable as it is, named, and left to the daemon.
    ///
    /// - Parameters:
    ///   - now: By which ages are judged.
    ///   - erasure: What was erased, to which this is added.
    /// - Throws: `StoreError` when the copy cannot be read or written.
    func perform(at now: WallTime, addingTo erasure: inout ErasureInCopy) async throws {
        for due in try await rules.plan(of: store, at: now).due {
            do {
                if try await erase(due, at: now) { erasure.purgedBatches += 1 }
            } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
                // Nobody can read it any more.
            } catch let error as StoreError where error.code == .keysFolder {
                // Nobody can read it now; with its month's key put back that changes.
                erasure.unpurged.append(due.batch.name)
            }
        }
    }

    private func erase(_ due: RetentionPlan.Due, at now: WallTime) async throws -> Bool {
        var hasErased = false
        if let instant = due.reusedBefore {
            hasErased = try await store.eraseReusedAnswers(of: due.batch.id, answeredBefore: instant) > 0
        }
        guard let scope = due.scope else { return hasErased }
        let action = Action(
            at: now, batch: due.batch.id, name: .purge,
            detail: "retention: \(scope.rawValue) of \(Counted.things(due.batch.counts.total, "record")), at a restore",
            provenance: provenance)
        return try await store.purge(due.batch.id, scope, at: now, noting: action) || hasErased
    }
}
