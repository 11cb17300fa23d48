package import Basics

/// How much of what is kept of a finished batch is erased. Each includes those before it.
package enum PurgeScope: String, Sendable, CaseIterable, Codable {
    /// The rows of its input file, from which requests are made and failed lines are given back.
    case payloads
    /// Its records' ids, answers and error details, and the key that opens them: nothing of it can be read any more.
    case results
    /// Its records and the ledger of their calls. The batch, its counters and its totals by day stay.
    case ledger
}

extension PurgeScope: Comparable {
    package static func < (left: PurgeScope, right: PurgeScope) -> Bool { left.depth < right.depth }

    private var depth: Int {
        switch self {
        case .payloads: 0
        case .results: 1
        case .ledger: 2
        }
    }

    /// This scope and those that it includes, the least first.
    var included: [PurgeScope] { Self.allCases.filter { $0 <= self } }

    /// The column of the `batches` table that says when it was erased.
    var column: String { "\(rawValue)_purged_at" }
}

/// When what is kept of a batch was erased; nil: it was not.
package struct PurgeTimes: Sendable, Equatable {
    /// The rows of its input file.
    package var payloads: WallTime?
    /// Ids, answers and error details; never without the rows.
    package var results: WallTime?
    /// Records and attempts; never without the results.
    package var ledger: WallTime?

    /// Nothing was erased, unless told otherwise.
    package init(payloads: WallTime? = nil, results: WallTime? = nil, ledger: WallTime? = nil) {
        (self.payloads, self.results, self.ledger) = (payloads, results, ledger)
    }

    /// When a scope was erased.
    package subscript(scope: PurgeScope) -> WallTime? {
        switch scope {
        case .payloads: payloads
        case .results: results
        case .ledger: ledger
        }
    }
}
