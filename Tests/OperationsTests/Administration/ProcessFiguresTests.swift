import Testing

@testable import Operations

@Suite("What the system says of this process")
struct ProcessFiguresTests {
    @Test func fieldsAreFoundBehindAnyName() throws {
        // Fields 4 to 24 of `man 5 proc`: 14 and 15 are the processor time, 23 and 24 the memory.
        let stat = "7 (odd ) (name) S 1 7 7 0 -1 4194304 900 0 3 0 250 50 0 0 20 0 9 0 1234 400000 25 1844 0\n"
        let figures = try #require(ProcessFigures(stat: stat, ticksPerSecond: 100, pageSize: 4_096))
        #expect(figures.processorTime == 3)
        #expect(figures.virtualMemory == 400_000 && figures.residentMemory == 102_400)
    }

    @Test(arguments: ["", "7 (name", "7 (name) S 1 2", "7 (name) S" + String(repeating: " x", count: 30)])
    func whatCannotBeReadIsLeftOut(stat: String) {
        #expect(ProcessFigures(stat: stat, ticksPerSecond: 100, pageSize: 1) == nil)
    }

    @Test func thisProcessHasFigures() throws {
        let figures = try #require(ProcessFigures.read())
        #expect(figures.residentMemory > 1_048_576 && figures.virtualMemory >= figures.residentMemory)
        let (open, most) = (try #require(figures.openDescriptors), try #require(figures.maximumDescriptors))
        #expect(open >= 3 && open <= most)
    }
}
