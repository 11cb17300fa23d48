import Basics
import Foundation
import RecordStore
import Results
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("What a notification says besides its event")
struct BatchNoticeTests {
    @Test("The command to run next about a batch that is over", arguments: [(0, 0), (0, 2), (3, 0), (3, 2)])
    func next(failed: Int, inDoubt: Int) {
        let batch = PageModelTests.batch(1, .completed) { ($0.failed, $0.inDoubt) = (failed, inDoubt) }
        let next = BatchNotice(.completed, of: batch, at: 0).next
        if inDoubt > 0 {
            #expect(next?.contains("rerun day-1 --status in_doubt") == true)
        } else if failed > 0 {
            #expect(next?.contains("rerun day-1 --status failed") == true)
        } else {
            #expect(next == nil)
        }
    }

    @Test("That no calls are made is told with all that waits, and with what the month has cost")
    func closed() {
        let cost = Cost.known(currency: "USD", certain: 4, atMost: 4)
        let waiting = ([(1, 3), (2, 4)] as [(Int64, Int)]).map { id, queued in
            PageModelTests.batch(id, .running) { ($0.queued, $0.total) = (queued, queued + 1) }
        }
        let notice = BatchNotice(closedSince: 0, because: nil, waiting, cost: cost, at: 600_000)
        #expect(notice.event == .gateClosed && notice.state == "closed" && notice.cost == cost)
        #expect(notice.counts?["queued"] == 7 && notice.counts?["total"] == 9)
        #expect(notice.next?.contains("doctor") == true && notice.batch == nil)
    }
}
