import Basics

/// What the claims and the ends of calls of one group change in counters, so that each row is written once for all of them.
///
/// On PostgreSQL every version of a row stays until the oldest transaction of all has ended, and whoever looks for the row
/// passes all of them.
struct GroupCounters {
    /// A batch and the day on which its attempts are counted.
    struct Place: Hashable {
        let day: CallDay
        let batch: BatchID
    }

    /// What a batch's row is changed by.
    struct BatchChange {
        var counts = BatchCounts()
        /// Untried lines after this record are queued; nil: as before.
        var cursor: Int64?
        /// When a claim was made: the first one starts the batch.
        var start: WallTime?
        /// Answers that were added where other batches find them.
        var answers = 0
    }

    private(set) var batches: [BatchID: BatchChange] = [:]
    private(set) var days: [Place: DayChange] = [:]
    /// The references of the group's answers, in their stored form.
    private(set) var references: [UInt8] = []
    /// How many ends were applied.
    private(set) var applied = 0
    /// The batches' rows as they were before, once they were needed.
    var rows: [BatchID: BatchRow] = [:]

    /// What changes in each day's counts, over all batches.
    var callDays: [CallDay: DayChange] {
        days.reduce(into: [:]) { $0[$1.key.day, default: DayChange()].add($1.value) }
    }

    /// Counts one end that was applied: the record's new status, and the day its attempt was counted on.
    /// A late one had been put in doubt, because its end was not told in time.
    mutating func add(_ completion: Completion, status: RecordStatus, day: CallDay, isLate: Bool = false) {
        applied += 1
        let batch = completion.record.batch
        var counts = BatchCounts()
        counts.move(from: isLate ? .inDoubt : .inFlight, to: status)
        if status == .queued { counts.retries = 1 }
        addBilling(of: completion, day: day, wasUnknown: isLate)
        add(counts, to: batch)
    }

    /// Counts whether a call was billed: one that was under way, or of which that was not known.
    mutating func addBilling(of completion: Completion, day: CallDay, wasUnknown: Bool = true) {
        var (counts, change) = (BatchCounts(), DayChange())
        if !completion.countsAsCall { (counts.calls, change.givenBack) = (-1, 1) }
        if wasUnknown { (counts.billingUnknown, change.unknown) = (-1, -1) }
        switch completion.billable {
        case .yes:
            counts.billable += 1
            change.billable += 1
        case .no:
            counts.unbilled += 1
            change.unbilled += 1
        case .unknown:
            counts.billingUnknown += 1
            change.unknown += 1
        }
        add(counts, to: completion.record.batch)
        days[Place(day: day, batch: completion.record.batch), default: DayChange()].add(change)
    }

    /// Counts a claim: what it changes in its batch, where it has come to, and the calls that it opened.
    mutating func add(_ counts: BatchCounts, of request: ClaimRequest, cursor: Int64, opened: Int) {
        var change = batches[request.batch] ?? BatchChange()
        change.counts.add(counts)
        (change.cursor, change.start) = (cursor, change.start ?? request.now)
        batches[request.batch] = change
        guard opened > 0 else { return }
        let place = Place(day: request.caps.day, batch: request.batch)
        days[place, default: DayChange()].add(DayChange(opened: opened))
    }

    /// Adds to what changes in a batch's counters.
    mutating func add(_ changes: BatchCounts, to batch: BatchID) {
        batches[batch, default: BatchChange()].counts.add(changes)
    }

    /// Counts an answer that was added where other batches find it.
    mutating func addAnswer(of batch: BatchID) {
        batches[batch, default: BatchChange()].answers += 1
    }

    /// Remembers an answer.
    mutating func add(_ reference: AnswerReference) { reference.append(to: &references) }
}

/// What is changed in the counts of a day.
struct DayChange {
    /// Attempts that were opened, each a call.
    var opened = 0
    /// Calls that surely never left.
    var givenBack = 0
    var billable = 0
    var unbilled = 0
    var unknown = 0

    var calls: Int { opened - givenBack }
    /// Calls that count as paid.
    var charged: Int { opened - unbilled }

    /// Adds another change to this one.
    mutating func add(_ other: DayChange) {
        opened += other.opened
        givenBack += other.givenBack
        billable += other.billable
        unbilled += other.unbilled
        unknown += other.unknown
    }
}

extension WriterConnection {
    /// Writes what the group changes in counters, before anything else reads these and before the commit.
    func writeCounters() throws {
        let changes = counters
        counters = GroupCounters()
        for (batch, change) in changes.batches { try write(change, to: batch) }
        for (day, change) in changes.callDays { try add(change, on: day) }
        for (place, change) in changes.days { try add(change, at: place) }
        try remember(changes.references)
    }

    /// A batch's row as the group leaves it, read once for all of its claims and ends: whatever else writes what
    /// ``BatchRow`` holds is preceded by ``writeCounters()``, but for ``keepAnswers(of:)``, which writes here, too.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notFound``.
    func rowInGroup(of batch: BatchID) throws -> BatchRow {
        var row = try counters.rows[batch] ?? batchRow(batch)
        counters.rows[batch] = row
        if let change = counters.batches[batch] { row.apply(change) }
        return row
    }

    /// Adds to a batch's counters; the schema rejects counters that do not add up.
    ///
    /// - Throws: The engine's error.
    func add(_ counts: BatchCounts, answers: Int = 0, to batch: BatchID) throws {
        try write(GroupCounters.BatchChange(counts: counts, answers: answers), to: batch)
    }

    private func write(_ change: GroupCounters.BatchChange, to batch: BatchID) throws {
        let statement = counts.batch
        statement.bind(batch.rawValue, at: 1)
        for (index, value) in change.counts.inColumnOrder.enumerated() {
            statement.bind(Int64(value), at: Int32(index + 2))
        }
        statement.bind(change.cursor, at: 19)
        statement.bind(change.start?.milliseconds, at: 20)
        statement.bind(Int64(change.answers), at: 21)
        try statement.run()
    }

    /// Adds to the counts of a day, over all batches.
    ///
    /// - Throws: The engine's error.
    func add(_ change: DayChange, on day: CallDay) throws {
        let statement = counts.day
        statement.bind(Int64(change.billable), at: 4)
        statement.bind(Int64(change.charged), at: 5)
        try statement.run(day.rawValue, Int64(change.opened), Int64(change.calls))
    }

    /// Adds to the counts of a batch on a day.
    ///
    /// - Throws: The engine's error.
    func add(_ change: DayChange, at place: GroupCounters.Place) throws {
        let statement = counts.batchDay
        for (index, value) in [change.calls, change.billable, change.unbilled, change.unknown].enumerated() {
            statement.bind(Int64(value), at: Int32(index + 4))
        }
        try statement.run(place.day.rawValue, place.batch.rawValue, Int64(change.opened))
    }
}

/// The statements that add to counters.
struct CounterStatements {
    let batch: PreparedStatement
    let day: PreparedStatement
    let batchDay: PreparedStatement

    init(_ database: StoreConnection) throws {
        batch = try database.prepare(
            """
            UPDATE batches SET
              total = total + ?2, queued = queued + ?3, in_flight = in_flight + ?4, succeeded = succeeded + ?5,
              failed = failed + ?6, in_doubt = in_doubt + ?7, invalid = invalid + ?8, reused = reused + ?9,
              cancelled = cancelled + ?10, attempts = attempts + ?11, calls = calls + ?12, retries = retries + ?13,
              billable = billable + ?14, unbilled = unbilled + ?15, billing_unknown = billing_unknown + ?16,
              in_doubt_retried = in_doubt_retried + ?17, following = following + ?18,
              cursor = coalesce(?19, cursor), started_at = coalesce(started_at, ?20),
              answers_known = answers_known + ?21
            WHERE id = ?1
            """)
        // What is inserted has the calls that were opened alone: ends have a row already, and what they take back is refused
        // as a row of its own.
        day = try database.prepare(
            """
            INSERT INTO call_days (day, calls, charged) VALUES (?1, ?2, ?2)
            ON CONFLICT (day) DO UPDATE SET
              calls = call_days.calls + ?3, billable = call_days.billable + ?4, charged = call_days.charged + ?5
            """)
        batchDay = try database.prepare(
            """
            INSERT INTO ledger_days (day, batch_id, attempts, calls) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT (day, batch_id) DO UPDATE SET
              attempts = ledger_days.attempts + ?3, calls = ledger_days.calls + ?4,
              billable = ledger_days.billable + ?5, unbilled = ledger_days.unbilled + ?6,
              billing_unknown = ledger_days.billing_unknown + ?7
            """)
    }
}
