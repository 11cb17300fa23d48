/// A queued record that a claim considers.
struct ClaimCandidate {
    let id: Int64
    let spent: Int64
    let attempts: Int64
    let fingerprint: [UInt8]
    let payload: [UInt8]
    let ledgerRows: Int64
    /// When it fell due; nil for an untried record.
    let notBefore: Int64?
    /// Whether it is queued again and its request stands in the batch more than once.
    let isRepeated: Bool

    init(_ row: PreparedStatement) {
        id = row.integer(0)
        spent = row.integer(1)
        attempts = row.integer(2)
        fingerprint = row.bytes(3)
        payload = row.bytes(4)
        ledgerRows = row.integer(5)
        notBefore = row.optionalInteger(6)
        isRepeated = row.integer(7) == 1
    }
}
