import Basics
import Testing

@testable import Results

@Suite struct LatencyFiguresTests {
    @Test func withoutCallsThereAreNoFigures() {
        #expect(LatencyFigures().percentile(0.5) == nil)
    }

    @Test func shortTimesAreExact() {
        var figures = LatencyFigures()
        for time in 1...60 { figures.add(.milliseconds(time)) }
        #expect((figures.percentile(0.5), figures.percentile(0.95), figures.percentile(1)) == (30, 57, 60))
        #expect((figures.count, figures.largest) == (60, 60))
    }

    @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 1000, 4095, 4096, 30_000, 86_400_000, 4_294_967_295])
    func aTimeIsAtMostThreePercentTooLarge(time: Int) throws {
        var figures = LatencyFigures()
        figures.add(.milliseconds(time))
        figures.add(.milliseconds(4_294_967_295))
        let median = Double(try #require(figures.percentile(0.5)))
        #expect(median >= Double(time) && median <= Double(time) * 1.032)
    }

    @Test func timesOutsideTheRangeAreTakenAtItsEnds() {
        var figures = LatencyFigures()
        figures.add(.milliseconds(-5))
        figures.add(.seconds(Int64.max))
        #expect((figures.percentile(0.5), figures.largest) == (0, 4_294_967_295))
    }
}
