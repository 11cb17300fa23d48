import Basics

/// What the end of a call says of the way to the API, as nodes count it together.
package struct CallSign: Sendable, Equatable {
    /// Whether the other side answered; false: what ten in a row of close the gate; nil: neither.
    package var isAnswered: Bool?
    /// Whether an answer could be read; false: what `halt.undecipherable` in a row of halt; nil: neither.
    package var isReadable: Bool?

    /// Describes the end of a call.
    package init(isAnswered: Bool?, isReadable: Bool?) {
        (self.isAnswered, self.isReadable) = (isAnswered, isReadable)
    }
}

/// Failures in a row of all nodes that share a database, the last of them this one's.
package struct FailuresInARow: Sendable, Equatable {
    /// Calls that did not get through.
    package let troubles: Int
    /// Answers that could not be read.
    package let unreadable: Int

    /// Describes what all have met.
    package init(troubles: Int, unreadable: Int) {
        (self.troubles, self.unreadable) = (troubles, unreadable)
    }
}

extension RecordStore {
    /// What the last failure of this node that was written made of the rows of all nodes; nil where there is none since it
    /// was last asked for, and where there is one runner only.
    package func takeFailuresInARow() -> FailuresInARow? { failures.withLock { $0.take() } }
}

/// How a group of ends changes a row: what came before counts on, unless the row was broken. A pure value.
struct RowChange: Equatable {
    private(set) var isBroken = false
    private(set) var count = 0

    /// Counts ends in their order; true breaks the row.
    init(_ signs: [Bool]) {
        for breaks in signs {
            if breaks { (isBroken, count) = (true, 0) } else { count += 1 }
        }
    }

    /// What the row before is multiplied by.
    var factor: Int { isBroken ? 0 : 1 }
}

extension WriterConnection {
    /// Counts ends of calls in the rows of all nodes.
    ///
    /// - Returns: The rows, where there is a failure among the ends.
    func countFailures(_ completions: [SealedCompletion]) throws -> FailuresInARow? {
        guard node != nil else { return nil }
        let signs = completions.compactMap(\.completion.sign)
        let (troubles, unreadable) = (
            RowChange(signs.compactMap(\.isAnswered)), RowChange(signs.compactMap(\.isReadable))
        )
        guard !signs.isEmpty else { return nil }
        let (first, second) = ("troubles_in_a_row * ?1 + ?2", "unreadable_in_a_row * ?3 + ?4")
        let arguments: SQLArguments = [troubles.factor, troubles.count, unreadable.factor, unreadable.count]
        let update = "UPDATE contract SET troubles_in_a_row = \(first), unreadable_in_a_row = \(second)"
        guard troubles.count > 0 || unreadable.count > 0 else {
            // As a rule there is nothing to be written.
            try database.execute(
                sql: "\(update) WHERE troubles_in_a_row <> \(first) OR unreadable_in_a_row <> \(second)",
                arguments: arguments)
            return nil
        }
        let row = try StoredRow.fetchOne(
            database, sql: "\(update) RETURNING troubles_in_a_row, unreadable_in_a_row", arguments: arguments)
        return row.map { FailuresInARow(troubles: $0[0], unreadable: $0[1]) }
    }

    /// Records whether the node has read an answer with the keys it has.
    func setProof(of node: Node, isAwaited: Bool, provenEpoch: Int64) throws {
        let epoch = isAwaited ? 0 : node.epoch
        guard provenEpoch != epoch else { return }
        try database.execute(sql: "UPDATE nodes SET proven_epoch = ? WHERE id = ?", arguments: [epoch, node.number])
    }

    /// Whether another node that lives has a call under way by which it is to show that answers can be read.
    func isAnotherProving(besides node: Node) throws -> Bool {
        let sql = """
            SELECT count(*) FROM attempts JOIN nodes ON nodes.id = node_id
            WHERE outcome IS NULL AND nodes.id <> ? AND nodes.proven_epoch <> nodes.epoch
              AND nodes.lease_until_us >= \(DatabaseClock.now)
            """
        return try Int.fetchOne(database, sql: sql, arguments: [node.number]) != 0
    }
}
