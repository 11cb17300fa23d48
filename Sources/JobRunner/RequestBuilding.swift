public import RecordStore

/// Rebuilds a record's request from the row sealed at ingest.
public protocol RequestBuilding: Sendable {
    /// The clear request body for a claimed record. Called from many tasks at once.
    ///
    /// - Parameter record: The record as claimed, with its raw row opened.
    /// - Returns: JSON in UTF-8.
    /// - Throws: Any error; the record then fails without a call, with the error's description, which must therefore
    ///   hold no value of the record.
    func request(for record: ClaimedRecord) throws -> [UInt8]
}
