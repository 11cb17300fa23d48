import Testing

@testable import RecordStore

/// Who can vouch for which calls: the database's last attempt is 5, unless a case says otherwise.
@Suite struct LedgerReconciliationTests {
    typealias Mark = LedgerWitness<Int64>
    typealias Trace = LedgerWitness<LedgerTrace.Position>

    /// A case: what lies there, and what it means.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let evidence: LedgerEvidence
        let verdict: LedgerReconciliation

        init(
            _ name: String, ledger: Int64? = 5, isTraced: Bool = true, hasBatches: Bool = true, mark: Mark = .own(5),
            trace: Trace, _ verdict: LedgerReconciliation
        ) {
            testDescription = name
            let known = ledger.map {
                LedgerEvidence.Ledger(lastAttempt: $0, isTraced: isTraced, hasBatches: hasBatches)
            }
            evidence = LedgerEvidence(ledger: known, mark: mark, trace: trace)
            self.verdict = verdict
        }
    }

    private static func own(_ claimed: Int64, _ reserved: Int64? = nil) -> Trace {
        .own(LedgerTrace.Position(claimed: claimed, reserved: reserved ?? claimed))
    }

    private static func copied(_ claimed: Int64) -> Trace {
        .copied(LedgerTrace.Position(claimed: claimed, reserved: claimed))
    }

    static let vouched = [
        Case("closed in order", trace: own(5), .whole),
        Case("killed, with ids reserved", trace: own(5, 260), .whole),
        Case("killed after the commit, before the mark", mark: .own(4), trace: own(4, 260), .whole),
        Case("killed after the mark, before the trace", trace: own(4, 260), .whole),
        Case("power cut: the trace's last writes are lost", trace: own(1, 260), .whole),
        Case("nothing was sent yet", ledger: 0, mark: .own(0), trace: own(0), .whole),
        Case("a new database", ledger: nil, mark: .missing, trace: .missing, .whole),
        Case(
            "killed while it was being made", ledger: 0, isTraced: false, hasBatches: false, mark: .missing,
            trace: .missing, .whole),
        Case(
            "killed while it was being made, with a trace", ledger: 0, isTraced: false, mark: .own(0), trace: own(0),
            .whole),
        Case("of the time before there was a trace", isTraced: false, trace: .missing, .whole),
        Case("the mark alone is lost", mark: .missing, trace: own(5), .whole),
        Case("the mark alone is damaged", mark: .unreadable, trace: own(5), .whole),
        Case("the mark alone was put back", mark: .own(2), trace: own(5), .whole),
    ]

    static let restored = [
        Case("the database from a copy", mark: .own(9), trace: own(9), .restored(lost: 4)),
        Case("the same after a kill: the mark is exact", mark: .own(9), trace: own(9, 260), .restored(lost: 4)),
        Case("the same after a power cut", mark: .own(9), trace: own(6, 260), .restored(lost: 4)),
        Case("a copy without calls", ledger: 0, mark: .own(9), trace: own(9), .restored(lost: 9)),
        Case("a copy without calls, the mark lost", ledger: 0, mark: .missing, trace: own(9), .restored(lost: 9)),
        Case(
            "a copy without calls, put back with its mark", ledger: 0, mark: .own(0), trace: own(9),
            .restored(lost: 9)),
        Case("the whole folder from a copy", trace: own(9), .restored(lost: 4)),
        Case("the whole folder from a copy after a kill: at most", trace: own(9, 260), .restored(lost: 255)),
        Case("the folder lost, the database from a backup", mark: .missing, trace: own(9), .restored(lost: 4)),
        Case("the same, the mark damaged", mark: .unreadable, trace: own(9), .restored(lost: 4)),
        Case(
            "a backup of the time before there was a trace", isTraced: false, mark: .missing, trace: own(9),
            .restored(lost: 4)),
        Case(
            "before there was a trace, the database from a copy", isTraced: false, mark: .own(9), trace: .missing,
            .restored(lost: 4)),
        Case("the WAL is lost", ledger: 0, mark: .own(43), trace: own(43, 260), .restored(lost: 43)),
        Case("WAL and mark are lost", ledger: 0, mark: .missing, trace: own(43, 260), .restored(lost: 260)),
    ]

    private static let far = LedgerReconciliation.unknownDistance

    static let unknown = [
        Case("the trace is lost", trace: .missing, .unknown(.traceMissing, atLeast: 0)),
        Case(
            "the trace is lost, the database from a copy", mark: .own(9), trace: .missing,
            .unknown(.traceMissing, atLeast: 4)),
        Case("mark and trace are lost", mark: .missing, trace: .missing, .unknown(.traceMissing, atLeast: 0)),
        Case(
            "all is lost, a copy without calls", ledger: 0, mark: .missing, trace: .missing,
            .unknown(.traceMissing, atLeast: 0)),
        Case(
            "a copy without calls, put back with its mark, the trace lost", ledger: 0, mark: .own(0),
            trace: .missing, .unknown(.traceMissing, atLeast: 0)),
        Case("the trace is damaged", trace: .unreadable, .unknown(.traceUnreadable, atLeast: 0)),
        Case("everything was put back, the trace, too", trace: copied(5), .unknown(.traceCopied, atLeast: 0)),
        Case(
            "database and trace were put back, the mark is lost", mark: .missing, trace: copied(5),
            .unknown(.traceCopied, atLeast: 0)),
        Case("a newer trace was put back", trace: copied(9), .unknown(.traceCopied, atLeast: 4)),
        Case("the trace was written over with an older one", trace: own(2, 3), .unknown(.traceOld, atLeast: 0)),
        Case("the same, the mark is ahead", ledger: 2, mark: .own(9), trace: own(2), .unknown(.traceOld, atLeast: 7)),
        Case(
            "before there was a trace, the mark lost", isTraced: false, mark: .missing, trace: .missing,
            .unknown(.markMissing, atLeast: 0)),
        Case(
            "the same without calls", ledger: 0, isTraced: false, mark: .missing, trace: .missing,
            .unknown(.markMissing, atLeast: 0)),
        Case(
            "before there was a trace, restored where there was no mark", ledger: 0, isTraced: false,
            hasBatches: false, mark: .own(far), trace: .missing, .unknown(.earlierRestore, atLeast: 0)),
        Case(
            "a copy from before a restore of which nobody knew", mark: .own(far + 9), trace: own(far + 9),
            .unknown(.earlierRestore, atLeast: 0)),
    ]

    static let refused = [
        Case("the database is gone", ledger: nil, mark: .own(5), trace: own(5), .refused(.databaseMissing)),
        Case("only the mark is left", ledger: nil, mark: .foreign, trace: .missing, .refused(.databaseMissing)),
        Case("only the trace is left", ledger: nil, mark: .missing, trace: own(5), .refused(.databaseMissing)),
        Case(
            "only a damaged trace is left", ledger: nil, mark: .missing, trace: .unreadable,
            .refused(.databaseMissing)),
        Case("another database's mark", mark: .foreign, trace: own(5), .refused(.markForeign)),
        Case(
            "another database's mark, no trace yet", isTraced: false, mark: .foreign, trace: .missing,
            .refused(.markForeign)),
        Case("another database's trace", trace: .foreign, .refused(.traceForeign)),
        Case(
            "another database's trace, none of its own yet", isTraced: false, trace: .foreign,
            .refused(.traceForeign)),
    ]

    @Test(arguments: vouched + restored + unknown + refused)
    func eachCaseIsJudged(_ found: Case) {
        #expect(LedgerReconciliation(found.evidence) == found.verdict)
    }

    /// A database that is whole or lacks so many continues where the ledger was; elsewhere no id may ever meet a lost one.
    @Test(arguments: vouched + restored + unknown)
    func theLedgerGoesOnBehindEverythingThatWasGivenOut(_ found: Case) {
        let evidence = found.evidence
        let last = found.verdict.lastAttempt(after: evidence)
        let known = max(evidence.ledger?.lastAttempt ?? 0, found.verdict == .whole ? 0 : evidence.mark.content ?? 0)
        #expect(last >= known)
        if found.verdict.isUnknown {
            #expect(last - (evidence.ledger?.lastAttempt ?? 0) >= LedgerReconciliation.unknownDistance)
        }
        // The next start finds the database whole with what is written then, and a copy from before is found out.
        let position = LedgerTrace.Position(claimed: last, reserved: last)
        var next = LedgerEvidence(
            ledger: .init(lastAttempt: last, isTraced: true, hasBatches: true), mark: .own(last),
            trace: .own(position))
        #expect(LedgerReconciliation(next) == .whole)
        next.ledger = evidence.ledger ?? next.ledger
        #expect(LedgerReconciliation(next).lost == found.verdict.lost)
    }

    /// Killed at any point between reserving ids and letting calls go, nothing looks lost: not by what was written last,
    /// and not by what was synchronized last, which is left after a power cut.
    @Test func noMomentOfAClaimLooksLikeARestore() {
        var (ledger, mark) = (Int64(0), Int64(0))
        var (written, synchronized) = (
            LedgerTrace.Position(claimed: 0, reserved: 0), LedgerTrace.Position(claimed: 0, reserved: 0)
        )
        let expectWhole = { (trace: LedgerTrace.Position) in
            let evidence = LedgerEvidence(
                ledger: .init(lastAttempt: ledger, isTraced: true, hasBatches: true), mark: .own(mark),
                trace: .own(trace))
            #expect(LedgerReconciliation(evidence) == .whole, "\(evidence)")
        }
        for step in 0..<200 {
            let next = ledger + Int64(step % 32) + 1
            let steps: [() -> Void] = [
                {
                    guard next > written.reserved else { return }
                    written.reserved = next + LedgerTrace.reservation
                    synchronized = written
                }, { ledger = next }, { mark = next }, { written.claimed = next },
            ]
            for act in steps {
                act()
                expectWhole(written)
                expectWhole(synchronized)
            }
        }
    }
}
