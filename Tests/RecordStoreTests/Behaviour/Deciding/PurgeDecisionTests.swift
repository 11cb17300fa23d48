import Basics
import TestSupport
import Testing

@testable import RecordStore

@Suite("What may be erased of a batch, and what not")
struct PurgeDecisionTests {
    private static func facts(
        _ state: BatchState = .completed, at finishedAt: WallTime? = 100, lacksResults: Bool = false, inDoubt: Int = 0,
        inFlight: Int = 0, purgedAt: WallTime? = nil
    ) -> PurgeDecision.Facts {
        var counts = BatchCounts()
        (counts.inDoubt, counts.inFlight) = (inDoubt, inFlight)
        return PurgeDecision.Facts(
            state: state, finishedAt: finishedAt, purgedAt: purgedAt, counts: counts, lacksResults: lacksResults)
    }

    @Test("A batch that is not over is needed", arguments: BatchState.allCases.filter { !$0.isFinished })
    func unfinished(state: BatchState) {
        #expect(PurgeDecision(Self.facts(state, at: nil), endedBefore: nil) == .needed(.unfinished))
    }

    @Test(
        "One that is over is erased when it is old enough and nobody needs it",
        arguments: [
            (Self.facts(), nil, PurgeDecision.due), (Self.facts(.cancelled), nil, .due), (Self.facts(), 101, .due),
            (Self.facts(), 100, .tooYoung), (Self.facts(), 99, .tooYoung),
            (Self.facts(.rejected), nil, .due),
            (Self.facts(lacksResults: true), nil, .needed(.resultsNotWritten)),
            (Self.facts(.cancelled, lacksResults: true), 200, .needed(.resultsNotWritten)),
            (Self.facts(inDoubt: 1), 200, .needed(.inDoubt)),
            (Self.facts(.cancelled, inFlight: 2), 200, .needed(.callsUnderWay)),
            (Self.facts(inDoubt: 1, purgedAt: 7), 200, .purged(at: 7)), (Self.facts(purgedAt: 7), 50, .purged(at: 7)),
        ] as [(PurgeDecision.Facts, WallTime?, PurgeDecision)])
    func finished(facts: PurgeDecision.Facts, endedBefore: WallTime?, decision: PurgeDecision) {
        #expect(PurgeDecision(facts, endedBefore: endedBefore) == decision)
    }
}
