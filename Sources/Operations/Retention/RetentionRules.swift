import Basics
import RecordStore
import Settings

/// The settings and jobs in force, by which batches and files are kept.
struct RetentionRules: Sendable {
    let settings: Settings
    /// The jobs by name; those whose file is wrong are missing.
    let jobs: [String: JobDefinition]

    /// The job that a batch falls under; the settings alone where its job is gone or had none.
    func job(of batch: Batch) -> JobDefinition { jobs[batch.job] ?? JobDefinition(unnamedWith: settings) }

    /// Whether everything is kept.
    var keepEverything: Bool {
        settings.retention.keepsEverything && jobs.values.allSatisfy(\.retention.keepsEverything)
    }

    /// What is due of a database's batches, but for those whose files are on another node, which erases them.
    ///
    /// - Parameters:
    ///   - store: The database.
    ///   - now: The time.
    /// - Returns: The plan.
    /// - Throws: `StoreError` when it cannot be read.
    func plan(of store: RecordStore, at now: WallTime) async throws -> RetentionPlan {
        guard !keepEverything else { return RetentionPlan() }
        let (batches, lacking) = (try await store.batches(), try await store.batchesLackingResults())
        let homes = try await store.homes()
        return RetentionPlan(
            batches.filter { !(homes[$0.id]?.keepsFilesElsewhere ?? false) }.map { batch in
                RetentionPlan.Facts(
                    batch: batch, retention: job(of: batch).retention, lacksResults: lacking.contains(batch.id))
            }, at: now)
    }
}

extension Installation {
    /// The rules in force; of a job file that is wrong, those of the settings.
    var retentionRules: RetentionRules {
        // A folder of jobs that cannot be read is named by the commands that need it.
        let files = (try? JobDefinition.all(in: settings)) ?? []
        let jobs = files.compactMap { try? $0.result.get() }
        return RetentionRules(
            settings: settings, jobs: Dictionary(jobs.map { ($0.name, $0) }, uniquingKeysWith: { $1 }))
    }
}

extension LiveConfiguration {
    /// The rules in force.
    var retentionRules: RetentionRules { RetentionRules(settings: place.settings, jobs: jobs) }
}

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
