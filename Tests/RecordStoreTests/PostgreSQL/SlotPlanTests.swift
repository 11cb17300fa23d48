import Testing

@testable import RecordStore

@Suite("The slots of the contract's rate")
struct SlotPlanTests {
    private static let now = DatabaseTime(microseconds: 1_700_000_000_000_000)
    private static let never = DatabaseTime(microseconds: 0)

    @Test("An idle contract gives the slots of its horizon, the first at once")
    func idle() {
        let plan = SlotPlan(now: Self.now, givenOutUntil: Self.never, rate: 20, wanted: 10)
        #expect(plan.count == 3)
        #expect((0..<3).map { plan.slot($0) - Self.now } == [.zero, .milliseconds(50), .milliseconds(100)])
        #expect(plan.givenOut(3) == Self.now + .milliseconds(150))
        #expect(plan.givenOut(0) == Self.now)
    }

    @Test("What is given out is given to nobody else: two nodes together take the rate of one")
    func shared() {
        let first = SlotPlan(now: Self.now, givenOutUntil: Self.never, rate: 20, wanted: 2)
        let second = SlotPlan(now: Self.now, givenOutUntil: first.givenOut(2), rate: 20, wanted: 2)
        #expect(second.count == 1 && second.slot(0) == Self.now + .milliseconds(100))
        let third = SlotPlan(now: Self.now, givenOutUntil: second.givenOut(1), rate: 20, wanted: 2)
        #expect(third.count == 0)
        #expect(third.wait(taken: 0) == .milliseconds(50))
    }

    @Test("In any second there are as many slots as the rate has, and one for its border")
    func rate() {
        var (givenOut, slots) = (Self.never, [DatabaseTime]())
        for step in 0..<4_000 {
            let plan = SlotPlan(
                now: Self.now + .milliseconds(step), givenOutUntil: givenOut, rate: 37, wanted: step % 5)
            slots += (0..<plan.count).map(plan.slot)
            givenOut = plan.count > 0 ? plan.givenOut(plan.count) : givenOut
        }
        for start in slots { #expect(slots.count { start <= $0 && $0 < start + .seconds(1) } <= 37) }
        #expect(slots.count >= 37 * 4)
    }

    @Test("A slot's window begins by the later look at the clock and ends by the earlier one")
    func window() {
        let plan = SlotPlan(now: Self.now, givenOutUntil: Self.now + .milliseconds(10), rate: 1_000, wanted: 1)
        let before = ContinuousClock.now
        let after = before + .milliseconds(7)
        let window = plan.window(0, before: before, after: after)
        #expect(window.opens == after + .milliseconds(10))
        #expect(window.closes == before + .milliseconds(10) + SlotPlan.length)
        #expect(!window.contains(before) && window.contains(after + .milliseconds(10)))
    }
}
