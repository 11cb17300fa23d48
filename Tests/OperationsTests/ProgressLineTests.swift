import Testing

@testable import Operations

@Suite("The line of progress")
struct ProgressLineTests {
    @Test("It tells done, rate, time to go and retries")
    func flowing() {
        var line = ProgressLine(name: "night-1", total: 1_000, done: 400)
        line.rate = 200
        line.retries = 7
        #expect(line.text == "night-1: 400/1000 (40%), 200/s, ETA 3s, 7 retries")
    }

    @Test("Before there is a rate it tells none, and an empty batch is done")
    func beginning() {
        #expect(ProgressLine(name: "b", total: 0, done: 0).text == "b: 0/0 (100%), 0 retries")
    }

    @Test("What failed, what is in doubt and why nothing moves stand at the end")
    func troubled() {
        var line = ProgressLine(name: "b", total: 10, done: 10)
        (line.failed, line.inDoubt, line.waiting) = (2, 1, "waiting")
        #expect(line.text == "b: 10/10 (100%), 0 retries, 2 failed, 1 in doubt, waiting")
    }

    @Test("The rate is that of the last ten seconds")
    func rate() {
        var meter = RateMeter()
        #expect(meter.perSecond == nil)
        for second in 0...20 { meter.note(finished: second < 10 ? 0 : (second - 10) * 50, at: .seconds(second)) }
        #expect(meter.perSecond == 50)
    }
}
