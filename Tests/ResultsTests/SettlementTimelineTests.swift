import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Results

@Suite("When lines came to their end")
struct SettlementTimelineTests {
    private static let start: WallTime = 1_772_000_000_000

    @Test func stepsAreSecondsAtFirst() {
        var timeline = SettlementTimeline(from: Self.start)
        timeline.add(.answered, count: 3, after: .milliseconds(999))
        timeline.add(.failed, after: .seconds(2))
        timeline.add(.inDoubt, count: 2, after: .seconds(2))
        #expect(timeline.stepSeconds == 1 && timeline.from == "2026-02-25T06:13:20.000Z")
        #expect(timeline.answered == [3, 0, 0] && timeline.failed == [0, 0, 1] && timeline.inDoubt == [0, 0, 2])
        #expect((0..<3).map(timeline.total) == [3, 0, 3])
    }

    @Test(
        arguments: [
            // The ends in seconds; how long a step is then, how many there are, and what the first and the last hold.
            ([59], 1, 60, 0, 1), ([0, 59, 60], 2, 31, 1, 1), ([0, 1, 119], 2, 60, 2, 1), ([0, 120], 4, 31, 1, 1),
            ([86_400, 0, 1, 2_047], 2_048, 43, 3, 1), ([-5, 0], 1, 1, 2, 2),
        ] as [([Int], Int, Int, Int, Int)])
    func stepsGrowWithTheBatchAndLoseNothing(ends: [Int], step: Int, count: Int, first: Int, last: Int) {
        var timeline = SettlementTimeline(from: Self.start)
        for end in ends { timeline.add(.answered, after: .seconds(end)) }
        #expect(timeline.stepSeconds == step && timeline.answered.count == count)
        #expect(timeline.answered.first == first && timeline.answered.last == last)
        #expect(timeline.answered.reduce(0, +) == ends.count)
        #expect(timeline.failed.count == count && timeline.inDoubt.count == count)
    }

    @Test func nothingAddsNothing() {
        var timeline = SettlementTimeline(from: Self.start)
        timeline.add(.failed, count: 0, after: .seconds(900))
        timeline.add(.inDoubt, count: -3, after: .seconds(900))
        #expect(timeline == SettlementTimeline(from: Self.start))
    }

    @Test func onlyWhatACallMayHaveEndedIsCounted() {
        let counted = RecordStatus.allCases.filter { SettlementTimeline.Kind($0) != nil }
        #expect(Set(counted) == [.succeeded, .reused, .failed, .inDoubt])
    }

    @Test func scoresComeBackFromASummaryAsTheyWere() {
        let counted = [
            BatchSummary.ScoreCounts(
                column: "user.scores.identityRisk", answers: [2, 0, 0, 0, 0, 0, 0, 0, 0, 1], outside: 1),
            BatchSummary.ScoreCounts(column: "ip.scores.ipRisk", answers: [1, 2], outside: 0),
            BatchSummary.ScoreCounts(column: "of.another.version", answers: [1], outside: 0),
        ]
        #expect(ScoreTally(counted).counted == Array(counted.prefix(1)))
    }
}
