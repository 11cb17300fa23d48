import Basics
import Emulator
import HTTPTransport
import Testing

@Suite(.serialized, .timeLimit(.minutes(15))) struct RunningTests {
    @Test("a call that hangs waits until its client gives up")
    func givingUp() async throws {
        let (calls, arrived) = AsyncStream.makeStream(of: Int.self)
        try await Stage.run(emulator: { $0.onCall = { arrived.yield($0) } }) { emulator, client in
            let call = Task { try await client.call(SampleRequest.whole(email: "iia+hang@example.com")) }
            _ = await calls.first { _ in true }
            call.cancel()
            let failure = try await call.value.failure
            #expect(failure?.kind == .cancelled)
            #expect(failure?.mayHaveLeft == true)
            #expect(emulator.calls.byFault == ["hang": 1])
        }
    }

    @Test("stopping ends a call that hangs, and the emulator with it")
    func stopping() async throws {
        let (calls, arrived) = AsyncStream.makeStream(of: Int.self)
        try await Stage.run(emulator: { $0.onCall = { arrived.yield($0) } }) { emulator, client in
            async let exchange = client.call(SampleRequest.whole(email: "iia+hang@example.com"))
            _ = await calls.first { _ in true }
            await emulator.stop()
            let failure = try await exchange.failure
            #expect(failure?.kind == .reset)
            #expect(failure?.mayHaveLeft == true)
        }
    }

    @Test("an address in use is an error that says so, to the runner and to those who wait for the port")
    func addressInUse() async throws {
        let keys = try Stage.material.get().keys
        var configuration = EmulatorConfiguration()
        configuration.port = 0
        try await Emulator.withRunning(configuration, material: keys) { _, port in
            var second = EmulatorConfiguration()
            second.port = port
            let emulator = try Emulator(second, material: keys)
            let waiting = Task { try await emulator.port() }
            let error = await #expect(throws: EmulatorError.self) { try await emulator.run() }
            #expect(error?.code == .address)
            await #expect(throws: EmulatorError.self) { try await waiting.value }
        }
    }

    @Test("many calls at once are all counted, in the log's order")
    func concurrency() async throws {
        try await Stage.run { emulator, client in
            try await withThrowingTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        try await client.call(SampleRequest.whole(account: "account\(number % 10)")).answer?.status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            #expect(emulator.calls.total == 100)
            #expect(emulator.calls.byRequest.values.allSatisfy { $0 == 10 })
        }
    }
}
