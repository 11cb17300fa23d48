import Testing

@testable import simulate

@Suite("Simulated nights")
struct SimulationTests {
    @Test("Every record is accounted for, and no limit is passed, whatever a night brings", arguments: 0..<5)
    func nights(of ten: UInt64) throws {
        for seed in (ten * 10 + 1)...(ten * 10 + 10) {
            let night = try Night.pass(seed: seed)
            #expect(night.finding == nil, "again: make simulate SEED=\(seed) COUNT=1")
        }
    }

    @Test("A seed replays its night, step by step")
    func replays() throws {
        let nights = try (0..<2).map { _ in try Night.pass(seed: 7) }
        #expect(nights[0].digest == nights[1].digest)
        #expect(nights[0].steps == nights[1].steps)
        #expect(try Night.pass(seed: 8).digest != nights[0].digest)
    }
}
