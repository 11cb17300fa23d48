import GRDB

extension RecordStore {
    /// Writes down that a call is about to be made that is no batch's, unless a cap forbids it: from then on it counts
    /// against the caps, like a record's.
    ///
    /// - Parameters:
    ///   - call: What it is.
    ///   - caps: The caps of its day and month.
    ///   - action: Who makes it, kept in the same transaction.
    /// - Returns: The cap that is reached; nil: the call may be made.
    /// - Throws: ``StoreError`` when it can't be written.
    public func begin(_ call: OtherCall, caps: CallCaps, action: Action) async throws -> Cap? {
        try await write { connection in
            if let cap = try connection.capReached(caps) { return cap }
            try connection.add(call, on: caps.day, 1)
            try connection.insert(action)
            return nil
        }
    }

    /// Writes down what became of a call that ``begin(_:caps:action:)`` allowed.
    ///
    /// - Parameters:
    ///   - call: What it is.
    ///   - day: The day it was begun on.
    ///   - billable: Whether it was billed.
    ///   - isCall: Whether it left, or may have left.
    /// - Throws: ``StoreError`` when it can't be written.
    public func end(_ call: OtherCall, on day: CallDay, billable: Billable, countsAsCall isCall: Bool) async throws {
        try await write { try $0.end(call, on: day, billable, isCall) }
    }
}

extension WriterConnection {
    /// Counts calls that a restored database does not know; how many there were is not known without a mark, and then
    /// none are.
    func countLost(_ lost: Int64, on day: CallDay) throws {
        guard lost > 0, lost < RecordID.greatestLine else { return }
        try add(.lost, on: day, lost)
        try database.execute(
            sql: "UPDATE other_calls SET billing_unknown = billing_unknown + ?3 WHERE day = ?1 AND kind = ?2",
            arguments: [day.rawValue, OtherCall.lost.rawValue, lost])
    }

    fileprivate func add(_ call: OtherCall, on day: CallDay, _ count: Int64) throws {
        try claims.addCalls.run(day.rawValue, count)
        try database.execute(
            sql: """
                INSERT INTO other_calls (day, kind, attempts, calls) VALUES (?1, ?2, ?3, ?3)
                ON CONFLICT (day, kind) DO UPDATE SET attempts = attempts + ?3, calls = calls + ?3
                """,
            arguments: [day.rawValue, call.rawValue, count])
    }

    fileprivate func end(_ call: OtherCall, on day: CallDay, _ billable: Billable, _ isCall: Bool) throws {
        let (calls, billed, charged) = (isCall ? 0 : 1, billable == .yes ? 1 : 0, billable == .no ? 1 : 0)
        try database.execute(
            sql: """
                UPDATE call_days SET calls = calls - ?2, billable = billable + ?3, charged = charged - ?4
                WHERE day = ?1
                """,
            arguments: [day.rawValue, calls, billed, charged])
        try database.execute(
            sql: """
                UPDATE other_calls SET calls = calls - ?3, billable = billable + ?4, unbilled = unbilled + ?5,
                  billing_unknown = billing_unknown + ?6
                WHERE day = ?1 AND kind = ?2
                """,
            arguments: [day.rawValue, call.rawValue, calls, billed, charged, billable == .unknown ? 1 : 0])
    }
}
