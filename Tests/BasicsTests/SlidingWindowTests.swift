import Testing

@testable import Basics

@Suite("A sliding window")
struct SlidingWindowTests {
    @Test(arguments: [
        (3, "", 0, false), (3, "x.", 1, false), (3, "x.x", 2, true), (3, "xx..", 1, true), (3, "xxx...", 0, true),
        (1, "x.", 0, true), (0, ".x", 1, true),
    ])
    func countsTheLatestEvents(size: Int, events: String, count: Int, isFull: Bool) {
        var window = SlidingWindow(size: size)
        for event in events { window.record(event == "x") }
        #expect(window.count == count)
        #expect(window.isFull == isFull)
        #expect(window.size == max(1, size))
    }
}
