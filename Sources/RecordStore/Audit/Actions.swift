package import Basics

/// Something an operator, or Rollcall on an operator's behalf, did. Actions are entered in the audit, for people: nothing
/// is decided by them.
package struct Action: Sendable, Equatable {
    /// What can be done.
    package enum Name: String, Sendable, CaseIterable, Codable {
        /// Agreed to what a waiting batch costs.
        case start
        /// Made no more calls for a batch.
        case pause
        /// Continued after a pause or a halt.
        case resume
        /// Gave up what had not been sent of a batch.
        case cancel
        /// Queued records again.
        case rerun
        /// A job's schedule queued records again.
        case rerunByJob = "rerun_by_job"
        /// A job's schedule would queue records again, which waits until an operator agrees.
        case rerunWaits = "rerun_waits"
        /// Decided about records in doubt.
        case resolve
        /// Wanted a batch's results in a folder.
        case results
        /// Made one test call.
        case doctor
        /// Released the batches that waited since a restore.
        case resumeAfterRestore = "resume_after_restore"
        /// A start found calls that a crash had left under way.
        case recoverCrash = "recover_crash"
        /// A start found that the database was restored from an older copy.
        case recoverRestored = "recover_restored"
        /// A file taken in was known to have had calls before a restore.
        case doubtUnknown = "doubt_unknown"
        /// Started a process that runs batches.
        case startRunner = "start_runner"
        /// Listed records with their ids, or looked for those of an id.
        case readRecords = "read_records"
        /// Wrote a batch's results to standard output.
        case export
        /// Copied the database.
        case backup
        /// Put a copy in the database's place.
        case restore
        /// Erased what is older than it may be kept.
        case purge
        /// Erased a person.
        case forget
        /// Exchanged the sealing key.
        case rotate
        /// Made months' keys ahead.
        case makePeriodKeys = "make_period_keys"
        /// Signed in to the administration's pages.
        case logIn = "log_in"
        /// Uploaded a file through the administration's pages, and had it taken in.
        case upload
        /// Let a node end what it had in hand.
        case drainNode = "drain_node"
        /// Took a node for gone for good.
        case retireNode = "retire_node"
        /// Gave what a retired node had not finished to another.
        case moveBatches = "move_batches"
        /// Moved the database to another engine.
        case move
        /// Brought the database to this version.
        case migrate
        /// Something that this version has no name for; the detail begins with it.
        case unknown
    }

    /// When.
    package var at: WallTime
    /// The batch it concerns.
    package var batch: BatchID?
    /// What was done.
    package var name: Name
    /// Details; no values of records.
    package var detail: String?
    /// Who did it, with which program and settings.
    package var provenance: Provenance

    /// Describes an action.
    package init(at: WallTime, batch: BatchID?, name: Name, detail: String? = nil, provenance: Provenance) {
        self.at = at
        self.batch = batch
        self.name = name
        self.detail = detail
        self.provenance = provenance
    }
}

extension RecordStore {
    /// Records what an operator did, with provenance.
    ///
    /// - Parameter action: What was done; its texts hold no values of records.
    /// - Throws: ``StoreError`` when it can't be written.
    package func recordAction(_ action: Action) async throws {
        try await write { try $0.insert(action) }
    }

    /// What operators did, oldest first.
    ///
    /// - Parameter batch: Only what concerns this batch; nil: everything.
    /// - Returns: The actions.
    /// - Throws: ``StoreError`` when the database can't be read.
    package func actions(of batch: BatchID? = nil) async throws -> [Action] {
        try await read { database in
            guard let batch else { return try AuditEntry.fetchAll(database, "1 = 1 ORDER BY id", []).map(\.action) }
            return try AuditEntry.fetchAll(database, "batch_id = ? ORDER BY id", [batch.rawValue]).map(\.action)
        }
    }
}

extension WriterConnection {
    /// Enters what was done in the audit, and what a runner is to do about it.
    func insert(_ action: Action) throws {
        try AuditEntry.append(action, to: database)
        try request(by: action)
    }
}
