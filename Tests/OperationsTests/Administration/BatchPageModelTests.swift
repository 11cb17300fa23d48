import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Operations
@testable import Results

@Suite("What a batch's page and the actions on several batches show")
struct BatchPageModelTests {
    @Test(
        arguments: [
            (.inDoubt, nil, false, false, .inDoubt), (.inDoubt, nil, true, false, .held),
            (.failed, 400, false, false, .refused), (.failed, 422, false, false, .refused),
            (.failed, 408, false, false, .exhausted), (.failed, 425, false, false, .exhausted),
            (.failed, 429, false, false, .exhausted), (.failed, 503, false, false, .exhausted),
            (.failed, nil, false, false, .exhausted), (.failed, nil, false, true, .resolved),
            (.failed, 400, false, true, .resolved),
        ] as [(RecordStatus, Int?, Bool, Bool, UnansweredKind)])
    func whatToDoFollowsFromTheAnswer(
        status: RecordStatus, httpStatus: Int?, isHeld: Bool, isResolved: Bool, kind: UnansweredKind
    ) {
        #expect(UnansweredKind(status, httpStatus: httpStatus, isHeld: isHeld, isResolved: isResolved) == kind)
        #expect(kind.status == status)
    }

    @Test("Before there is a summary the times of the last calls are shown")
    func latencyOfTheLastCalls() {
        #expect(BatchSummary.Latency([Duration]()) == nil)
        let facts = BatchPage.latency(BatchSummary.Latency((1...100).map { .milliseconds($0 < 100 ? $0 : 1_234) }))
        #expect(facts.map(\.value) == ["50 ms", "95 ms", "99 ms", "1,234 ms"])
    }

    @Test func aTimelineIsDrawnInColumns() throws {
        var timeline = SettlementTimeline(from: 1_772_000_000_000)
        #expect(TimelineChart(nil) == nil && TimelineChart(timeline) == nil)
        timeline.add(.answered, count: 8, after: .zero)
        timeline.add(.failed, count: 2, after: .zero)
        timeline.add(.inDoubt, count: 5, after: .seconds(11))
        let chart = try #require(TimelineChart(timeline))
        #expect(chart.parts.map(\.tone) == ["good", "bad", "warning"])
        #expect(
            chart.parts.map(\.height) == ["64.0", "16.0", "40.0"] && chart.parts.map(\.y) == ["16.0", "0.0", "40.0"])
        #expect(chart.parts.map(\.x) == ["5.0", "5.0", "555.0"])
        #expect(chart.top == "10 records in 1s" && chart.from == "2026-02-25 06:13:20 UTC" && chart.length == "12s")
        #expect(chart.description == "In 12s: 8 answered, 2 failed, 5 in doubt; at most 10 records in 1s")
    }

    @Test func aBarIsDividedAsItsWhole() {
        let bar = PartedBar([("answered", 3, .good), ("failed", 0, .bad), ("in doubt", 1, .warning)], of: 8)
        #expect(bar.parts.map(\.x) == ["0.0", "37.5"] && bar.parts.map(\.width) == ["37.5", "12.5"])
        #expect(bar.description == "3 answered, 1 in doubt")
        #expect(PartedBar([("answered", 0, .good)], of: 0).description == "nothing yet")
    }

    private static func part(_ id: Int64, calls: Int, doubled: Int = 0, obstacle: String? = nil)
        -> SelectionPreview.Part
    {
        var preview = ActionPreview()
        (preview.records, preview.calls, preview.possibleDoubleBills) = (calls, calls, doubled)
        preview.obstacle = obstacle
        return .init(batch: PageModelTests.batch(id, .completed) { $0.failed = calls }, preview: preview)
    }

    @Test func whatIsDoneWithSeveralBatchesIsAddedUp() throws {
        let price: (Int) -> Cost = { .known(currency: "USD", certain: Decimal($0), atMost: Decimal($0)) }
        let parts = [
            Self.part(1, calls: 3), Self.part(2, calls: 4, doubled: 2), Self.part(3, calls: 9, obstacle: "no"),
        ]
        let selection = SelectionPreview(parts, beyond: 5, price: price)
        #expect(selection.records == 7 && selection.calls == 7 && selection.possibleDoubleBills == 2)
        #expect(selection.cost == price(7) && selection.leftOut == ["no"])
        let filter = try BatchFilter(["job": "nightly", "order": "failed", "page": "2"])
        let scope = try ActionScope(.rerun, [:])
        let page = SelectionPage(.rerun, filter, scope, selection, offer: "o")
        #expect(page.found == "2 batches" && page.cost == "USD 7.00" && page.isGrave && page.canBeDone)
        #expect(page.hidden.map(\.name) == ["shown", "job", "status"] && page.target == "/selection/rerun")
        #expect(page.notes == ["left out: no", "5 more fit: at most 100 at once"])
        let none = SelectionPreview([parts[2]], beyond: 0, price: price)
        #expect(none.cost == nil && !SelectionPage(.rerun, filter, scope, none, offer: "").canBeDone)
    }

    @Test func whatWasShownIsDoneOnceAndOnlyWhereItIsNoMore() throws {
        func selection(_ parts: SelectionPreview.Part...) -> SelectionPreview {
            SelectionPreview(parts, beyond: 0, price: { _ in .unknown })
        }
        let shown = selection(Self.part(1, calls: 3), Self.part(2, calls: 1))
        let (filter, scope) = try (BatchFilter(["job": "nightly", "order": "failed"]), ActionScope(.rerun, [:]))
        func isDone(
            _ now: SelectionPreview, _ action: BatchAction = .rerun, _ asked: BatchFilter? = nil, id: String = "a"
        ) -> Bool {
            var offers = SelectionOffers()
            offers.add("a", .rerun, filter, scope, shown)
            return offers.objection(to: id, action, asked ?? filter, scope, now) == nil
        }
        #expect(isDone(shown) && isDone(selection(Self.part(1, calls: 2))))
        #expect(try isDone(shown, .rerun, BatchFilter(["job": "nightly"])))
        #expect(!isDone(selection(Self.part(1, calls: 4))) && !isDone(selection(Self.part(3, calls: 1))))
        #expect(!isDone(selection()) && !isDone(shown, .cancel) && !isDone(shown, id: "b"))
        #expect(try !isDone(shown, .rerun, BatchFilter(["job": "other"])))
        var offers = SelectionOffers()
        offers.add("a", .rerun, filter, scope, shown)
        #expect(offers.objection(to: "a", .rerun, filter, scope, shown) == nil)
        #expect(offers.objection(to: "a", .rerun, filter, scope, shown)?.contains("done already") == true)
    }

    @Test func onlyWhatCanBeDoneWithOneOfThemIsOfferedForAll() throws {
        let batches = [
            PageModelTests.batch(1, .paused), PageModelTests.batch(2, .completed) { $0.inDoubt = 1 },
        ]
        let filter = try BatchFilter(["text": "a b", "order": "size"])
        let offered = SelectionPage.offered(for: batches, filter)
        #expect(offered.map(\.title) == ["Resume", "Cancel", "Send again", "Resolve as failed"])
        #expect(offered.first?.path == "/selection/resume?text=a%20b")
        #expect(SelectionPage.offered(for: [], filter).isEmpty)
    }
}
