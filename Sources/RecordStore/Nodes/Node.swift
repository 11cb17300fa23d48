import Basics
import Foundation
import OpenSSL

/// This process as one of several runners on a database: a name in it, an epoch, and the attempts that it owns.
///
/// An epoch begins with each start. What an earlier one claimed is nobody's any more, and a process whose epoch is over
/// claims nothing: both are decided in the transactions that claim.
final class Node: Sendable {
    let description: NodeDescription
    let folder: NodeFolder
    let journal: NodeJournal
    /// The batches that the journal's calls are of.
    let batches: BatchJournal
    /// Several batches may be announced at the same time.
    private let announcing = Lock(())
    let spool: NodeSpool
    /// Its number in the database.
    let number: Int64
    let epoch: Int64
    /// The attempts that it was given and has not ended, with the keys that seal what is answered: an answer is kept also while
    /// no key can be read from the database. What else is open in its epoch was claimed by a transaction whose
    /// COMMIT it never saw answered.
    private let owned = Lock<[AttemptID: DataKey]>([:])
    /// How often a server was told of the journal since the start.
    let tellings = Lock(0)
    /// Held while one is told.
    let telling = Lock(())
    private let recording = Lock(())

    init(_ description: NodeDescription, _ folder: NodeFolder, number: Int64, epoch: Int64) throws {
        (self.description, self.folder, self.number, self.epoch) = (description, folder, number, epoch)
        journal = try NodeJournal(folder)
        try BatchJournal.shorten(ofNode: folder.path, to: Set(journal.entries().map(\.record.batch.rawValue)))
        batches = try BatchJournal(ofNode: folder.path)
        spool = NodeSpool(folder)
    }

    /// Names a batch in its folder, before the first call of it is made.
    func announce(_ batch: Batch) throws {
        let source = try BatchJournal.source(job: batch.job, contentDigest: batch.contentDigest)
        try announcing.withLock { _ in
            try batches.append([BatchJournal.Entry(batch: batch.id.rawValue, source: source)])
        }
    }

    /// Owns an attempt from now on.
    func own(_ attempt: AttemptID, sealedBy key: DataKey) { owned.withLock { $0[attempt] = key } }

    /// Owns attempts no more.
    func disown(_ attempts: some Sequence<AttemptID>) {
        owned.withLock { owned in for attempt in attempts { owned[attempt] = nil } }
    }

    /// Begins, when the server has all of the journal. That stays: the server may be replaced by one that has forgotten
    /// this start, and then is told again.
    func begin(with storeID: [UInt8], at server: ServerIdentity) throws {
        try record(server, of: storeID)
        try spool.empty()
    }

    /// Lets the folder know which server has been told of everything; and, where a part of the journal is to be dropped,
    /// which one that server must know of.
    func record(_ server: ServerIdentity?, of storeID: [UInt8], dropsBefore part: Int64? = nil) throws {
        try recording.withLock { _ in
            let known = try folder.knownLedger()
            try folder.record(
                KnownLedger(
                    storeID: storeID, toldEpoch: epoch, toldPart: part ?? known?.toldPart ?? 0,
                    server: server ?? known?.server))
        }
    }

    /// Whether it owns an attempt.
    func owns(_ attempt: AttemptID) -> Bool { key(of: attempt) != nil }

    /// The key of an attempt that it owns.
    func key(of attempt: AttemptID) -> DataKey? { owned.withLock { $0[attempt] } }
}

/// Time as the database's server has it.
enum DatabaseClock {
    /// Now, in SQL, in microseconds since 1970 UTC; it is written once per query, so that it is the statement's own.
    static let now = "CAST(date_part('epoch', clock_timestamp()) * 1000000 AS bigint)"
}

/// A time by the clock of the database's server, which no node's own is compared with.
struct DatabaseTime: Hashable, Comparable, Sendable {
    /// Since 1970 UTC, as columns named `…_us` have it.
    let microseconds: Int64

    init(microseconds: Int64) { self.microseconds = microseconds }

    /// What a node entered by its own clock, taken for the server's.
    init(_ time: WallTime) { microseconds = time.milliseconds * 1_000 }

    static func < (left: DatabaseTime, right: DatabaseTime) -> Bool { left.microseconds < right.microseconds }

    static func + (time: DatabaseTime, duration: Duration) -> DatabaseTime {
        DatabaseTime(microseconds: time.microseconds + duration.microseconds)
    }

    static func - (left: DatabaseTime, right: DatabaseTime) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 { nanoseconds / 1_000 }
}

extension Node {
    /// Enters a node in the database, or finds it there, and begins its next epoch. In the caller's transaction.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when the name is another folder's, the folder has
    ///   another name, or the node was retired.
    static func register(
        _ description: NodeDescription, _ folder: NodeFolder, _ provenance: Provenance,
        on connection: PostgreSQLConnection
    ) throws -> (number: Int64, epoch: Int64) {
        let database = StoreConnection(connection)
        try agree(on: description, database)
        let sql = """
            SELECT id, name, folder_id, epoch, state, told_epoch, told_part FROM nodes WHERE name = ? OR folder_id = ?
            """
        let known = try StoredRow.fetchAll(database, sql: sql, arguments: [description.name, folder.identifier])
        guard let row = known.first else { return try enter(description, folder, provenance, on: connection) }
        guard known.count == 1, row[1] == description.name, row.bytes(2) == folder.identifier else {
            throw StoreError(
                .notAllowed,
                "Node \(description.name) has another folder, or \(folder.path) is another node's: name node.name and "
                    + "node.folder as they belong together, or give this node a name and a folder of its own")
        }
        guard row[4] != NodeStanding.retired.rawValue else {
            throw StoreError(
                .notAllowed,
                "Node \(description.name) was retired; run under a new name with a new folder"
                    + (try NodeSpool(folder).isEmpty
                        ? "" : ". Answers that it could not store stay sealed in \(folder.path)/spool"))
        }
        guard let server = connection.transaction?.server else { throw StoreError.runnerOnly }
        try folder.refuseReplaced(server)
        if let known = try folder.knownLedger(),
            known.toldPart > row[6] || (known.toldEpoch > row[5] && !known.isFollowed(by: server))
        {
            throw StoreError.earlierLedger(description)
        }
        let (number, epoch): (Int64, Int64) = (row[0], max(row[3], try folder.epoch()) + 1)
        try database.execute(
            sql: """
                UPDATE nodes SET epoch = ?, state = 'live', host = ?, pid = ?, version = ?, started_at = ?,
                  lease_until_us = \(DatabaseClock.now) + ?, longest_call_us = ?
                WHERE id = ?
                """,
            arguments: [
                epoch, provenance.host, Int64(getpid()), provenance.version, WallTime.now(),
                NodeLease.length.microseconds, description.longestCall.microseconds, number,
            ])
        return (number, epoch)
    }

    /// Of a new node nothing can be missing on any server. One that was lost with its first start begins as one that has yet to
    /// answer.
    private static func enter(
        _ description: NodeDescription, _ folder: NodeFolder, _ provenance: Provenance,
        on connection: PostgreSQLConnection
    ) throws -> (number: Int64, epoch: Int64) {
        guard let server = connection.transaction?.server else { throw StoreError.runnerOnly }
        try folder.refuseReplaced(server)
        let known = try folder.knownLedger()
        guard known.map({ $0.toldPart == 0 && $0.isFollowed(by: server) }) ?? true else {
            throw StoreError.earlierLedger(description)
        }
        let (epoch, answered) = (try folder.epoch() + 1, known?.server ?? server)
        let number = try Int64.fetchOne(
            StoreConnection(connection),
            sql: """
                INSERT INTO nodes
                  (name, folder_id, epoch, host, pid, version, started_at, lease_until_us, longest_call_us, server_id,
                   timeline)
                VALUES (?, ?, ?, ?, ?, ?, ?, \(DatabaseClock.now) + ?, ?, ?, ?) RETURNING id
                """,
            arguments: [
                description.name, folder.identifier, epoch, provenance.host, Int64(getpid()), provenance.version,
                WallTime.now(), NodeLease.length.microseconds, description.longestCall.microseconds,
                answered.identifier, answered.timeline,
            ])
        guard let number else { throw StoreError.runnerOnly }
        return (number, epoch)
    }

    /// Takes the contract's rate from the settings, and whether folders are shared. All nodes that live must have these
    /// alike: the slots of one are counted by the rate of all, and a file is claimed before the eyes of all or of one.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/settings`` where another node goes by others.
    private static func agree(on description: NodeDescription, _ database: StoreConnection) throws {
        let sql = """
            SELECT rate, folders_shared, (SELECT min(name) FROM nodes WHERE name <> ? AND state <> 'retired'
              AND lease_until_us >= \(DatabaseClock.now)) FROM contract
            """
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [description.name]) else { return }
        let (rate, areShared, other): (Double?, Bool?, String?) = (row[0], row[1], row[2])
        if let other, let rate, rate != description.rate {
            throw StoreError(
                .settings,
                "limits.rate is \(description.rate) here and \(rate) on node \(other): all nodes share the contract's rate "
                    + "and must have the same; to change it, end all nodes first")
        }
        if let other, areShared ?? false != description.sharesFolders {
            throw StoreError(
                .settings,
                "shared_folders is \(description.sharesFolders) here and not on node \(other): all nodes must have the same; "
                    + "to change it, end all nodes first")
        }
        guard rate != description.rate || areShared != description.sharesFolders else { return }
        try database.execute(
            sql: "UPDATE contract SET rate = ?, folders_shared = ?",
            arguments: [description.rate, description.sharesFolders])
    }
}

/// When a call may leave, by this machine's clock, which counts while the machine sleeps.
package struct SendingWindow: Sendable, Equatable {
    /// Not before.
    package let opens: ContinuousClock.Instant
    /// Not after.
    package let closes: ContinuousClock.Instant

    /// Whether a call may leave at a time.
    package func contains(_ instant: ContinuousClock.Instant) -> Bool { opens <= instant && instant <= closes }
}

/// Which times of the contract's rate are free. A pure rule.
struct SlotPlan: Sendable, Equatable {
    /// Slots are given out so far ahead, so that no node waits for its own while another could have used it.
    static let horizon = Duration.milliseconds(100)
    /// How long after its slot a call may leave.
    static let length = Duration.seconds(2)

    /// The first slot.
    let first: DatabaseTime
    /// From one slot to the next, in whole microseconds.
    let interval: Duration
    /// How many there are.
    let count: Int
    let now: DatabaseTime

    /// Decides how many of the slots that are wanted there are; the rate is in calls per second.
    init(now: DatabaseTime, givenOutUntil: DatabaseTime, rate: Double, wanted: Int) {
        self.now = now
        let microseconds = max(1, Int64((1_000_000 / max(rate, 0.000_001)).rounded(.up)))
        interval = .microseconds(microseconds)
        first = max(now, givenOutUntil)
        let free = (now - first) + Self.horizon
        count = free < .zero ? 0 : Int(min(Int64(max(0, wanted)), free.microseconds / microseconds + 1))
    }

    /// A slot's time, from 0.
    func slot(_ index: Int) -> DatabaseTime { first + interval * index }

    /// Up to when the rate is given out when so many slots were taken.
    func givenOut(_ taken: Int) -> DatabaseTime { first + interval * taken }

    /// How long it is until there is another slot when so many were taken; a millisecond at least.
    func wait(taken: Int) -> Duration { max(.milliseconds(1), givenOut(taken) - now - Self.horizon) }

    /// When a slot's call may leave. The database's time was read between two looks at this machine's clock: the slot
    /// counts from the later one, its end from the earlier one.
    func window(_ index: Int, before: ContinuousClock.Instant, after: ContinuousClock.Instant) -> SendingWindow {
        let start = slot(index) - now
        return SendingWindow(opens: after + start, closes: before + start + Self.length)
    }
}

extension StoreError {
    /// The server was replaced by one that this node has claimed at or told its calls, and does not know it.
    static func earlierServer(than successor: ServerIdentity) -> StoreError {
        StoreError(
            .notAllowed,
            "The server that answers is an earlier one, which was replaced: name the primary in database, and stop the old "
                + "one. Where the later one is lost for good, promote a standby of this one, again until its timeline is later "
                + "than \(successor.timeline): it is told all calls that it lacks before anything is sent")
    }

    /// A failover has lost the node whole; its next start enters it again.
    static func nodeForgotten(_ node: NodeDescription) -> StoreError {
        StoreError(
            .stateNotWritten,
            "The database server was replaced by one that does not know node \(node.name): start it again, and it is entered anew"
        )
    }

    /// The database has forgotten a start of the node.
    static func earlierLedger(_ node: NodeDescription) -> StoreError {
        StoreError(
            .damaged,
            "The database was put back to an earlier time: it has forgotten calls that node \(node.name) made, which would be "
                + "paid for twice. Put it back as it was last. Where that is lost for good, retire the node, look up at the "
                + "provider what was sent since, and run under a new node.name and node.folder")
    }
}
