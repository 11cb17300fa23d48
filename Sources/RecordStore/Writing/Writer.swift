import Basics
import Dispatch
import Foundation

/// The thread that performs all writes, one transaction for everything queued.
///
/// It holds the database's only writing connection throughout, so connection and statements never leave it. A caller's
/// cancellation has no effect: what was submitted is written.
final class Writer: Sendable {
    private let queue = WriteQueue()
    private let ended = DispatchSemaphore(value: 0)

    /// The disk condition the thread observes.
    let storage = StorageWatch()

    /// Starts the thread. Without the files that track the ledger's position nothing can be claimed. Nothing waits for
    /// space on a full disk until ``wait(for:)`` is called.
    init(database: any StoreDatabase, ledger: (any LedgerFollowing)?, node: Node? = nil) {
        let thread = Thread { [queue, ended, storage] in
            SystemCall.nameThread("rollcall-store")
            Self.run(queue, database, ledger, node, storage)
            ended.signal()
        }
        thread.start()
    }

    deinit {
        queue.end(with: Self.closed)
    }

    /// Runs work in a transaction and returns its result once that is committed.
    ///
    /// - Throws: What the work throws, with its changes rolled back; ``StoreError`` when state can't be written.
    func write<T: Sendable>(
        leavingCountersToTheGroup leavesCounters: Bool = false, patience: Patience = .untilStopped,
        _ work: @escaping @Sendable (WriterConnection) throws -> T
    ) async throws -> T {
        try await WorkInProgress.whileHandedOver {
            try await withCheckedThrowingContinuation { waiter in
                let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
                    let value = try work(connection)
                    return { waiter.resume(returning: value) }
                }
                queue.submit(
                    WriteOperation(
                        leavesCountersToTheGroup: leavesCounters, patience: patience, perform: perform,
                        fail: { waiter.resume(throwing: $0) }))
            }
        }
    }

    /// The same for a caller that cannot await, while a store is being opened.
    func writeWaiting<T: Sendable>(_ work: @escaping @Sendable (WriterConnection) throws -> T) throws -> T {
        let outcome = WriteOutcome<T>()
        let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void = { connection in
            let value = try work(connection)
            return { outcome.set(.success(value)) }
        }
        queue.submit(WriteOperation(perform: perform, fail: { outcome.set(.failure($0)) }))
        return try outcome.wait()
    }

    /// Sets which operations wait for space on a full disk from now on.
    func wait(for operations: WaitingForRoom) { queue.wait(for: operations) }

    /// Writes only ends of calls once one of these files is missing or replaced.
    func watch(over files: FilesInPlace) { queue.files = files }

    /// Fails once one of the watched files is missing or replaced.
    func checkFiles() throws { try queue.files?.check() }

    /// Writes what is still queued, then ends the thread.
    func close() {
        queue.end(with: Self.closed)
        ended.wait()
        ended.signal()
    }

    private static func run(
        _ queue: WriteQueue, _ database: any StoreDatabase, _ ledger: (any LedgerFollowing)?, _ node: Node?,
        _ storage: StorageWatch
    ) {
        do {
            try database.withWriter { connection in
                var commit = try GroupCommit(
                    WriterConnection(connection, of: node), ledger, storage: storage,
                    room: database.room(isRunner: ledger != nil),
                    waitingForRoom: { queue.waitingForRoom }, files: { queue.files })
                while let group = queue.next(within: commit.waitsForRoom ? GroupCommit.pause : nil) {
                    commit.run(group)
                    if let failure = commit.failure { queue.end(with: failure) }
                }
                commit.end()
                // Not done beside a runner: it would block the runner's writes until the last reader is done.
                if ledger != nil { database.settle(connection) }
                // Without it the bound is somewhat too high, which only matters if the mark is lost.
                if commit.failure == nil { try? ledger?.settle() }
            }
        } catch {
            let failure = StoreError(error, while: .writing)
            queue.end(with: failure)
            while let group = queue.next() { group.forEach { $0.fail(failure) } }
        }
    }

    private static var closed: StoreError {
        StoreError(.closed, "The database has been closed; open it again before writing")
    }
}

/// The queue of the writing thread.
final class WriteQueue: Sendable {
    private struct State {
        var waiting: [WriteOperation] = []
        var end: StoreError?
        var waitingForRoom = WaitingForRoom.nobody
        var files: FilesInPlace?
        /// Whether the thread has to check again although no work came.
        var isCalled = false
    }

    private let state = Lock(State())
    private let arrival = MonotonicSemaphore()

    /// Which operations wait for space on a full disk.
    var waitingForRoom: WaitingForRoom { state.withLock { $0.waitingForRoom } }

    /// The files that must be in place for anything but ends of calls to be written; nil: none are watched.
    var files: FilesInPlace? {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }

    /// Adds work; when the queue has been closed the work fails at once.
    func submit(_ operation: WriteOperation) {
        let end: StoreError? = state.withLock { state in
            if state.end == nil { state.waiting.append(operation) }
            return state.end
        }
        if let end { operation.fail(end) } else { arrival.signal() }
    }

    /// Waits for work and takes all there is; nil when the queue has been closed and everything is taken.
    ///
    /// - Parameter pause: The longest wait; nil: no limit.
    /// - Returns: The work; none after the longest wait, or when the thread is asked to check again.
    func next(within pause: Duration? = nil) -> [WriteOperation]? {
        while true {
            var isLate = false
            if let pause { isLate = !arrival.wait(for: pause) } else { arrival.wait() }
            let (work, mayGoOn, isOver) = state.withLock { state in
                defer { (state.waiting, state.isCalled) = ([], false) }
                return (state.waiting, state.isCalled || isLate, state.end != nil)
            }
            if !work.isEmpty { return work }
            if isOver { return nil }
            if mayGoOn { return [] }
        }
    }

    /// Accepts no more work; later submissions fail with `error`. Only the first call counts.
    func end(with error: StoreError) {
        state.withLock { if $0.end == nil { $0.end = error } }
        arrival.signal()
    }

    /// Sets which operations wait for space from now on.
    func wait(for operations: WaitingForRoom) {
        state.withLock { state in
            state.waitingForRoom = operations
            state.isCalled = true
        }
        arrival.signal()
    }
}

/// A piece of work for the writing thread, and its completion.
struct WriteOperation: Sendable {
    /// Whether it writes no counters itself and reads them with what the group changes, so that they are written once for
    /// all.
    var leavesCountersToTheGroup = false
    /// How long it waits for space on a full disk.
    var patience = Patience.untilStopped
    /// Does the work inside a transaction; the closure it returns is called once that is committed. Called again, in a
    /// new transaction, when another operation of its group broke a rule or the disk was full.
    let perform: @Sendable (WriterConnection) throws -> @Sendable () -> Void
    /// Called instead when none of the work was kept.
    let fail: @Sendable (any Error) -> Void
}

/// A result passed from the writing thread to a waiting thread.
final class WriteOutcome<T: Sendable>: Sendable {
    private let result = Lock<Result<T, any Error>?>(nil)
    private let isSet = DispatchSemaphore(value: 0)

    func set(_ value: Result<T, any Error>) {
        result.withLock { $0 = value }
        isSet.signal()
    }

    func wait() throws -> T {
        isSet.wait()
        guard let result = result.withLock({ $0 }) else { preconditionFailure("set before it is signalled") }
        return try result.get()
    }
}

/// The writing connection with its prepared statements; it lives on the writing thread only.
final class WriterConnection {
    let database: StoreConnection
    /// Which of several runners this is; nil: the only one there can be.
    let node: Node?
    let batches: BatchStatements
    let counts: CounterStatements
    let ingest: IngestStatements
    let claims: ClaimStatements
    let identical: IdenticalStatements
    let finishes: FinishStatements
    let follows: FollowStatements
    /// What the group's claims and ends change in counters.
    var counters = GroupCounters()
    /// Answers remembered since old ones were last forgotten.
    var rememberedSince = 0
    /// The attempts claimed in this transaction, in the order of their ids; what follows the ledger is told of them after
    /// the commit.
    var claimed: [ClaimedAttempt] = []
    /// What becomes of this transaction.
    var standing = CommitStanding()

    init(_ database: StoreConnection, of node: Node? = nil) throws {
        self.database = database
        self.node = node
        batches = try BatchStatements(database, isOfNode: node != nil)
        counts = try CounterStatements(database)
        ingest = try IngestStatements(database)
        claims = try ClaimStatements(database, isOfNode: node != nil)
        identical = try IdenticalStatements(database)
        finishes = try FinishStatements(database)
        follows = try FollowStatements(database)
    }
}

/// What became of a transaction, for those whose results it brings.
final class CommitStanding: Sendable {
    private let late = Lock(false)

    /// Whether it was known only later that the transaction lasts: what was claimed in it must not be sent.
    var isLate: Bool {
        get { late.withLock { $0 } }
        set { late.withLock { $0 = newValue } }
    }
}

/// The statements on a batch's row.
struct BatchStatements {
    let select: PreparedStatement

    init(_ database: StoreConnection, isOfNode: Bool) throws {
        select = try database.prepare(
            """
            SELECT state, cursor, queued, in_flight, calls, doubted_lines, ingested, following, reuses,
              keeps_answers, \(isOfNode ? "home_node" : "NULL")
            FROM batches WHERE id = ?1
            """)
    }
}

extension WriterConnection {
    /// The part of a batch's row that writing needs.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound``.
    func batchRow(_ batch: BatchID) throws -> BatchRow {
        let statement = batches.select
        statement.bind(batch.rawValue, at: 1)
        guard try statement.step() else { throw StoreError.noBatch(batch) }
        defer { statement.reset() }
        return try BatchRow(statement)
    }
}

extension BatchCounts {
    /// The counters in the order of ``columns``.
    var inColumnOrder: [Int] {
        [
            total, queued, inFlight, succeeded, failed, inDoubt, invalid, reused, cancelled, attempts, calls, retries,
            billable, unbilled, billingUnknown, inDoubtRetried, following,
        ]
    }

    /// The same, to be changed.
    static var counters: [WritableKeyPath<BatchCounts, Int>] {
        [
            \.total, \.queued, \.inFlight, \.succeeded, \.failed, \.inDoubt, \.invalid, \.reused, \.cancelled,
            \.attempts, \.calls, \.retries, \.billable, \.unbilled, \.billingUnknown, \.inDoubtRetried, \.following,
        ]
    }

    /// The counters' columns in the `batches` table.
    static let columns = [
        "total", "queued", "in_flight", "succeeded", "failed", "in_doubt", "invalid", "reused", "cancelled", "attempts",
        "calls", "retries", "billable", "unbilled", "billing_unknown", "in_doubt_retried", "following",
    ]

    /// Adds other changes to these.
    mutating func add(_ changes: BatchCounts) {
        for counter in Self.counters { self[keyPath: counter] += changes[keyPath: counter] }
    }

    /// Moves a number of records from one status to another.
    mutating func move(_ count: Int = 1, from old: RecordStatus, to new: RecordStatus) {
        self[old] -= count
        self[new] += count
    }
}

/// The part of a batch's row that writing needs.
struct BatchRow {
    let state: BatchState
    private(set) var cursor: Int64
    private(set) var queued: Int
    private(set) var inFlight: Int
    private(set) var calls: Int
    let doubtedLines: Int
    let isIngested: Bool
    private(set) var following: Int
    let reuses: Bool
    /// Whether its answers are added where other batches find them.
    var keepsAnswers: Bool
    /// The node that runs it; nil: none has taken it up, or it is not a node that reads this.
    let home: Int64?

    /// Records that wait for a call of their own.
    var toCall: Int { queued - following }

    init(_ statement: PreparedStatement) throws {
        state = try BatchState(column: statement.text(0) ?? "")
        cursor = statement.integer(1)
        queued = Int(statement.integer(2))
        inFlight = Int(statement.integer(3))
        calls = Int(statement.integer(4))
        doubtedLines = Int(statement.integer(5))
        isIngested = statement.integer(6) == 1
        following = Int(statement.integer(7))
        reuses = statement.integer(8) == 1
        keepsAnswers = statement.integer(9) == 1
        home = statement.optionalInteger(10)
    }

    /// Takes over what a group changes.
    mutating func apply(_ change: GroupCounters.BatchChange) {
        cursor = change.cursor ?? cursor
        queued += change.counts.queued
        inFlight += change.counts.inFlight
        calls += change.counts.calls
        following += change.counts.following
    }
}
