import RecordStore

/// How a command line names records: their statuses joined by commas (`--status`), the lines they start at (`--lines`).
/// `records`, `rerun` and `resolve` read both alike.
package enum RecordArguments {
    /// The statuses that `records` takes.
    package static let allStatuses = RecordStatus.allCases.map(\.rawValue)
    /// Those that `rerun` takes.
    package static let rerunStatuses = [RecordStatus.failed, .inDoubt, .cancelled].map(\.rawValue)

    /// The statuses named.
    ///
    /// - Throws: `OperationFailure` (64) that names the ones there are.
    static func statuses(in text: String) throws -> Set<RecordStatus> {
        try Set(
            text.split(separator: ",").map { word in
                guard let status = RecordStatus(rawValue: word.filter { $0 != " " }) else {
                    throw OperationFailure(
                        .usage, "there is no status '\(word)'; the statuses are \(allStatuses.joined(separator: ", "))")
                }
                return status
            })
    }

    /// The greatest number that a line of an input has.
    private static let greatest = Int(UInt32.max)

    /// Lines as `A-B`, or one line as `A`.
    ///
    /// - Throws: `OperationFailure` (64) that shows the form.
    static func lines(in text: String) throws -> ClosedRange<Int> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, 1 <= first, first <= last,
            first <= greatest
        else { throw OperationFailure(.usage, "--lines wants the form A-B, such as 2-100") }
        return first...min(last, greatest)
    }
}
