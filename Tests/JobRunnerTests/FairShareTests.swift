import TestSupport
import Testing

@testable import JobRunner

@Suite struct FairShareTests {
    typealias Row = (weights: [Int], wanted: [Int], available: Int, turns: [Int])

    static let rows: [Row] = [
        ([1], [32], 5, [5]), ([1], [3], 5, [3]), ([1], [3], 0, [0]),
        ([1, 1], [32, 32], 1, [1, 0]), ([1, 1], [32, 32], 8, [4, 4]), ([1, 1], [32, 32], 9, [5, 4]),
        ([3, 1], [32, 32], 4, [3, 1]), ([3, 1], [32, 32], 8, [6, 2]), ([1, 3], [32, 32], 8, [2, 6]),
        // What one does not want is the others'.
        ([1, 1], [32, 2], 8, [6, 2]), ([1, 1], [32, 0], 8, [8, 0]), ([1, 1, 1], [1, 1, 32], 9, [1, 1, 7]),
        ([100, 1], [32, 32], 10, [9, 1]), ([0, -5], [9, 9], 4, [2, 2]),
    ]

    @Test(arguments: rows)
    func permitsAreDealtByWeightAmongThoseWhoStandInLine(row: Row) {
        var line = FairShare()
        let members = row.weights.map { line.join(weight: $0) }
        for (member, wanted) in zip(members, row.wanted) { line.ask(member, for: wanted) }
        #expect(members.map { line.turns(of: $0, among: row.available) } == row.turns)
    }

    @Test func thePlaceInLineCountsTheTurnsOfOthers() {
        var line = FairShare()
        let first = line.join(weight: 1)
        let second = line.join(weight: 1)
        line.ask(first, for: 2)
        line.ask(second, for: 9)
        #expect((1...2).map { line.place(of: first, turn: $0) } == [1, 3])
        #expect((1...4).map { line.place(of: second, turn: $0) } == [2, 4, 5, 6])
    }

    @Test(arguments: [[3, 1], [1, 1], [10, 1], [5, 3, 2], [100, 50, 1]])
    func anyHundredPermitsAreSharedByWeightWhoeverAsksFirst(weights: [Int]) {
        var market = Market(weights: weights)
        // The first member asks at every permit, the others only when the one before let a permit lie.
        for _ in 0..<2000 { market.offer(1, wanted: weights.map { _ in 32 }) }
        let total = weights.reduce(0, +)
        for start in stride(from: 0, to: market.taken.count - 100, by: 7) {
            let window = market.taken[start..<start + 100]
            for (member, weight) in weights.enumerated() {
                let expected = Double(100 * weight) / Double(total)
                #expect(abs(Double(window.count { $0 == member }) - expected) <= 3)
            }
        }
    }

    @Test func permitsThatComeInGroupsAreSharedJustTheSame() {
        var random = SeededRandom(seed: 11)
        var market = Market(weights: [3, 1])
        while market.taken.count < 2000 { market.offer(Int.random(in: 1...12, using: &random), wanted: [32, 32]) }
        for start in 0..<market.taken.count - 100 {
            let share = market.taken[start..<start + 100].count { $0 == 0 }
            #expect((70...80).contains(share))
        }
    }

    @Test func aBatchOfTenIsDoneAfterAboutTwentyPermitsBesideAMillion() {
        var market = Market(weights: [1, 1])
        for _ in 0..<500 { market.offer(1, wanted: [32, 0]) }
        for _ in 0..<19 { market.offer(1, wanted: [32, 10 - market.taken.count { $0 == 1 }]) }
        #expect(market.taken.count { $0 == 1 } >= 9)
        market.offer(1, wanted: [32, 10 - market.taken.count { $0 == 1 }])
        #expect(market.taken.count { $0 == 1 } == 10)
    }

    @Test func whoWasIdleHasNothingSavedUp() {
        var market = Market(weights: [1, 1])
        for _ in 0..<500 { market.offer(1, wanted: [32, 0]) }
        for _ in 0..<100 { market.offer(1, wanted: [32, 32]) }
        #expect(market.taken.suffix(100).count { $0 == 0 } == 50)
    }

    @Test func whoWasBusyMakesUpForSomeTurnsAndNotForAll() {
        var line = FairShare()
        let hasty = line.join(weight: 1)
        let busy = line.join(weight: 1)
        line.ask(busy, for: 8)
        line.took(busy, 4)
        for _ in 0..<1000 {
            line.ask(hasty, for: 1)
            line.took(hasty, 1)
        }
        line.ask(hasty, for: 100)
        line.ask(busy, for: 100)
        #expect((32...34).contains(line.turns(of: busy, among: 34)))
        #expect((30...36).contains(line.turns(of: hasty, among: 100)))
    }

    @Test func whoLeavesOrWantsNothingHoldsNobodyUp() {
        var line = FairShare()
        let first = line.join(weight: 1)
        let second = line.join(weight: 1)
        line.ask(first, for: 4)
        line.ask(second, for: 4)
        #expect(line.turns(of: second, among: 1) == 0)
        let stood = line.withdraw(first)
        #expect(stood)
        #expect(line.turns(of: second, among: 1) == 1)
        line.ask(first, for: 4)
        let left = line.leave(first)
        #expect(left)
        #expect(line.turns(of: second, among: 4) == 4)
        let stillThere = line.leave(first)
        #expect(!stillThere)
    }

    @Test func permitsGivenBackAreTurnsStillToCome() {
        var line = FairShare()
        let first = line.join(weight: 1)
        let second = line.join(weight: 1)
        line.ask(first, for: 4)
        line.took(first, 4)
        line.gaveBack(first, 4)
        line.ask(first, for: 4)
        line.ask(second, for: 4)
        #expect(line.turns(of: first, among: 4) == 2)
    }

    @Test func thoseWhoWaitForRoomAreWokenOnceEachInTheOrderOfTheirTurns() {
        var line = FairShare()
        let members = (0..<3).map { _ in line.join(weight: 1) }
        for member in members { line.ask(member, for: 1) }
        line.took(members[0], 1)
        line.ask(members[0], for: 1)
        for member in members { line.waitForCapacity(member) }
        let woken = (0..<4).map { _ in line.nextForRoom() }
        #expect(woken == [members[1], members[2], members[0], nil])
    }
}

/// Permits on offer, for which the members ask in the same order each time.
private struct Market {
    var line = FairShare()
    let members: [Int]
    /// Who took each permit, as indices of weights.
    var taken: [Int] = []
    private var left = 0

    init(weights: [Int]) {
        var line = FairShare()
        members = weights.map { line.join(weight: $0) }
        self.line = line
    }

    /// So many more permits; members that want any ask, one after the other, again and again until none gets any.
    mutating func offer(_ count: Int, wanted: [Int]) {
        left += count
        var isMoving = true
        while isMoving {
            isMoving = false
            for (index, member) in members.enumerated() {
                if wanted[index] > 0 { line.ask(member, for: wanted[index]) } else { _ = line.withdraw(member) }
            }
            for (index, member) in members.enumerated() where wanted[index] > 0 {
                let turns = line.turns(of: member, among: left)
                guard turns > 0 else { continue }
                line.took(member, turns)
                taken += [Int](repeating: index, count: turns)
                left -= turns
                isMoving = left > 0
                line.ask(member, for: wanted[index])
            }
        }
    }
}
