import Testing

@testable import JobRunner

@Suite struct PresenceTests {
    @Test func theTimeWithoutAnybodyIsToldToTheFirstWhoComes() {
        var presence = Presence()
        let first = presence.arrive(1, at: 100)
        presence.depart(1, at: 200)
        let second = presence.arrive(2, at: 260)
        let third = presence.arrive(3, at: 300)
        #expect([first, second, third] == [0, 60, 0])
    }

    @Test func whileOneIsThereNoTimeIsLost() {
        var presence = Presence()
        _ = presence.arrive(1, at: 0)
        _ = presence.arrive(2, at: 0)
        presence.depart(1, at: 10)
        let back = presence.arrive(1, at: 50)
        #expect(back == 0)
    }

    @Test func whoLeavesTwiceWasOnlyThereOnce() {
        var presence = Presence()
        _ = presence.arrive(1, at: 0)
        presence.depart(1, at: 10)
        presence.depart(1, at: 90)
        let absence = presence.arrive(1, at: 100)
        #expect(absence == 90)
    }
}
