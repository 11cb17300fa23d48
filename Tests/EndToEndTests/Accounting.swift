import Foundation
import RecordStore
import Testing

/// What must be true after every end-to-end test: each input line has one status, and the emulator's log of calls
/// equals the ledger.
struct Accounting {
    let installation: EndToEndInstallation
    let batch: Batch
    let ledger: [AttemptView]
    let calls: [LoggedCall]
    /// Whether a process was killed, so that an answer may have had nobody to go to.
    let isKilled: Bool

    init(_ installation: EndToEndInstallation, batch name: String, isKilled: Bool = false) async throws {
        self.installation = installation
        self.isKilled = isKilled
        let store = try await installation.store()
        batch = try #require(try await store.batch(named: name))
        ledger = try await installation.ledger(of: batch, in: store)
        calls = try installation.calls()
        try await store.close()
    }

    /// Counters, ledger rows and result rows agree.
    func expectEveryLineAccounted(total: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let counts = batch.counts
        #expect(counts.total == total, sourceLocation: sourceLocation)
        #expect(RecordStatus.allCases.reduce(0) { $0 + counts[$1] } == total, sourceLocation: sourceLocation)
        #expect(counts.attempts == ledger.count, sourceLocation: sourceLocation)
        #expect(counts.calls == ledger.count { $0.countsAsCall }, sourceLocation: sourceLocation)
        guard batch.state == .completed else { return }
        let rows = try installation.results(batch.name)
        #expect(rows.count == total, sourceLocation: sourceLocation)
        for status in RecordStatus.allCases {
            #expect(rows.count { $0["status"] == status.rawValue } == counts[status], sourceLocation: sourceLocation)
        }
    }

    /// Every answer in the ledger is one in the emulator's log, and the other way round.
    func expectAnswersMatch(sourceLocation: SourceLocation = #_sourceLocation) {
        let logged = Dictionary(calls.map { ($0.correlationID, $0.status) }) { first, _ in first }
        for attempt in ledger where attempt.correlationID != nil {
            #expect(logged[attempt.correlationID ?? ""] == attempt.httpStatus, sourceLocation: sourceLocation)
        }
        #expect(Set(calls.map(\.correlationID)).count == calls.count, sourceLocation: sourceLocation)
        // Every answer that arrived whole with the API's id stands in the ledger under it.
        let named = Set(ledger.compactMap(\.correlationID))
        for call in calls where call.arrivedWhole && !isKilled {
            let isNamed = named.contains(call.correlationID)
            #expect(isNamed, "\(call.status) \(call.fault ?? "")", sourceLocation: sourceLocation)
        }
    }

    /// As many calls as the emulator read, where nothing was killed.
    func expectCallsEqual(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(calls.count == ledger.count { $0.countsAsCall }, sourceLocation: sourceLocation)
        expectAnswersMatch(sourceLocation: sourceLocation)
    }

    /// The emulator read no call the ledger does not know of; what it does not know the outcome of is in doubt.
    func expectCallsCovered(sourceLocation: SourceLocation = #_sourceLocation) {
        let answered = ledger.count { $0.httpStatus != nil }
        let unknown = ledger.count { $0.billable == .unknown && $0.httpStatus == nil }
        #expect(calls.count >= answered, sourceLocation: sourceLocation)
        #expect(calls.count <= answered + unknown, sourceLocation: sourceLocation)
        expectAnswersMatch(sourceLocation: sourceLocation)
    }
}
