import Basics
import TestSupport
import Testing

@testable import Emulator

@Suite struct FaultTests {
    @Test("a mix is read as fractions and percentages")
    func mix() throws {
        let mix = try FaultMix(parsing: "429=0.5%, 503=0.01,503a=2%,500=0,reset=1%,reset-before=0.25,slow=1%")
        #expect(mix.tooManyRequests == 0.005)
        #expect(mix.unavailable == 0.01)
        #expect(mix.unavailableForASecond == 0.02)
        #expect(mix.internalError == 0)
        #expect(mix.resetAfterReading == 0.01)
        #expect(mix.resetBeforeReading == 0.25)
        #expect(mix.slow == 0.01)
        #expect(try FaultMix(parsing: "") == FaultMix())
    }

    @Test(
        "a mix that makes no sense is refused",
        arguments: ["teapot=1%", "429", "429=", "429=2", "429=-1%", "503=60%,500=60%"])
    func refusedMix(text: String) {
        #expect(throws: EmulatorError.self) { try FaultMix(parsing: text) }
    }

    @Test("the same seed, record and attempt fare alike, others differ")
    func determinism() throws {
        var mix = FaultMix()
        mix.tooManyRequests = 0.2
        mix.resetAfterReading = 0.2
        let faults = { (seed: UInt64, attempt: Int) in
            (0..<200).map { FaultPlan(mix: mix, seed: seed).fault(for: key($0), attempt: attempt)?.name }
        }
        #expect(faults(1, 1) == faults(1, 1))
        #expect(faults(1, 1) != faults(2, 1))
        #expect(faults(1, 1) != faults(1, 2))
    }

    @Test("faults come in about their share")
    func shares() {
        var mix = FaultMix()
        mix.tooManyRequests = 0.1
        mix.internalError = 0.05
        mix.resetBeforeReading = 0.1
        let plan = FaultPlan(mix: mix, seed: 7)
        let names = (0..<10_000).compactMap { plan.fault(for: key($0), attempt: 1)?.name }
        #expect((900...1100).contains(names.count { $0 == "mix-429" }))
        #expect((420...580).contains(names.count { $0 == "mix-500" }))
        #expect((900...1100).contains((1...10_000).count { plan.resetsBeforeReading(arrival: $0) }))
    }

    @Test("the rate limit admits its rate and a tenth of a second at once")
    func rateLimit() {
        var limit = RateLimit(rate: 100)
        let burst = (0..<50).count { _ in limit.admits(at: 0) }
        #expect(burst == 10)
        let second = (1...1000).count { limit.admits(at: MonotonicTime(nanoseconds: Int64($0) * 1_000_000)) }
        #expect((99...101).contains(second))
    }

    @Test("a slow limit admits one at a time")
    func slowLimit() {
        var limit = RateLimit(rate: 1)
        let admitted = [0, 999_999_999, 1_000_000_000].map { limit.admits(at: $0) }
        #expect(admitted == [true, false, true])
    }

    private func key(_ number: Int) -> RequestKey {
        var random = RecordRandom(seed: UInt64(number))
        return RequestKey(words: SIMD4(random.next(), random.next(), random.next(), random.next()))
    }
}
