import HTTPTransport
import JSON
import Testing

@testable import Emulator

@Suite(.serialized) struct MixTests {
    @Test("calls over the rate are answered 429 with Retry-After")
    func rate() async throws {
        try await Stage.run(emulator: { $0.rate = 0.0001 }) { emulator, client in
            let answer = try await client.call(SampleRequest.whole()).answer
            #expect(answer?.status == 200)
            let second = try #require(try await client.call(SampleRequest.whole(account: "decade")).answer)
            #expect(second.status == 429)
            #expect(second.header("Retry-After") == "1")
            #expect(emulator.calls.byFault == ["rate-limit": 1])
        }
    }

    @Test(
        "a mix of one kind strikes every call",
        arguments: [
            (\FaultMix.tooManyRequests, 429), (\FaultMix.unavailable, 503), (\FaultMix.unavailableForASecond, 503),
            (\FaultMix.internalError, 500),
        ] as [(any WritableKeyPath<FaultMix, Double> & Sendable, Int)])
    func statuses(share: any WritableKeyPath<FaultMix, Double> & Sendable, status: Int) async throws {
        try await Stage.run(emulator: { $0.faults[keyPath: share] = 1 }) { _, client in
            let answer = try await client.call(SampleRequest.whole()).answer
            #expect(answer?.status == status)
        }
    }

    @Test("a request reset before it is read is not counted, one reset after it is")
    func resets() async throws {
        try await Stage.run(emulator: { $0.faults.resetBeforeReading = 1 }) { emulator, client in
            let failure = try await client.call(SampleRequest.whole()).failure
            #expect(failure?.kind == .reset)
            #expect(emulator.calls.total == 0)
        }
        try await Stage.run(emulator: { $0.faults.resetAfterReading = 1 }) { emulator, client in
            let failure = try await client.call(SampleRequest.whole()).failure
            #expect(failure?.kind == .reset)
            #expect(emulator.calls.byStatus == [0: 1])
        }
    }

    @Test("a slow answer is an ordinary one, late; latency and jitter change nothing else")
    func slow() async throws {
        let configure = { (configuration: inout EmulatorConfiguration) in
            configuration.faults.slow = 1
            configuration.faults.slowness = .milliseconds(2)
            configuration.latency = .milliseconds(1)
            configuration.jitter = .milliseconds(1)
        }
        try await Stage.run(emulator: configure) { emulator, client in
            let answer = try #require(try await client.call(SampleRequest.whole()).answer)
            #expect(try client.insights(of: answer).root["insights"] != nil)
            #expect(answer.duration >= .milliseconds(3))
            #expect(emulator.calls.byFault == ["mix-slow": 1])
        }
    }

    @Test("a record with a scenario is spared the mix")
    func spared() async throws {
        try await Stage.run(emulator: { $0.faults.internalError = 1 }) { _, client in
            let record = SampleRequest.whole(email: "iia+503x1@example.com")
            let first = try await client.call(record).answer
            #expect(first?.status == 503)
            let second = try await client.call(record).answer
            #expect(second?.status == 200)
        }
    }
}
