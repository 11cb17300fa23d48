import HTTPTransport
import OpenSSL
import TestSupport
import Testing

/// A call that may have been answered is never silently repeated.
@Suite(.timeLimit(.minutes(15))) struct SendOnceTests {
    @Test func aRequestWhoseTimeIsOverWhenItsConnectionIsReadyIsNeverSent() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                var request = HTTPRequest.call()
                // On a new connection, and on one that is there.
                for count in [0, 1] {
                    request.latestStart = .now - .nanoseconds(1)
                    let failure = try #require(await transport.send(request).failure)
                    #expect(failure.kind == .cancelled && !failure.mayHaveLeft)
                    #expect(server.requests.count == count)
                    request.latestStart = .now + .seconds(600)
                    #expect(await transport.send(request).answer?.status == 200)
                }
                #expect(server.requests.count == 2)
            })
    }

    @Test(arguments: ScriptedServer.Ending.allCases, ServerTLS.Version.allCases)
    func aServerThatReadsOnAReusedConnectionAndEndsItReadsEachSendOnce(
        ending: ScriptedServer.Ending, version: ServerTLS.Version
    ) async throws {
        try await Loopback.run(
            tls: { $0.version = version },
            script: { $0.numberOnConnection == 1 ? .answer() : .end(ending) },
            test: { transport, server in
                var failures: [HTTPFailure] = []
                for _ in 1...20 {
                    if let failure = await transport.send(.call()).failure { failures.append(failure) }
                }
                #expect(server.requests.count == 20)
                #expect(failures.count == 10)
                #expect(failures.allSatisfy { $0.kind == .reset && $0.mayHaveLeft })
            })
    }

    @Test(arguments: ScriptedServer.Ending.allCases)
    func aServerThatReadsOnAFirstConnectionAndEndsItReadsEachSendOnce(ending: ScriptedServer.Ending) async throws {
        try await Loopback.run(
            script: { _ in .end(ending) },
            test: { transport, server in
                for _ in 1...10 {
                    let failure = try #require(await transport.send(.call()).failure)
                    #expect(failure.kind == .reset)
                    #expect(failure.mayHaveLeft)
                }
                #expect(server.requests.count == 10)
            })
    }

    @Test(arguments: ScriptedServer.Ending.allCases, ServerTLS.Version.allCases)
    func aServerThatEndsIdleConnectionsLeavesNothingInDoubtAndReadsNothingTwice(
        ending: ScriptedServer.Ending, version: ServerTLS.Version
    ) async throws {
        try await Loopback.run(
            tls: { $0.version = version },
            script: { .answer(body: $0.body) },
            test: { transport, server in
                for number in 1...25 {
                    let exchange = await transport.send(.call("\(number)"))
                    let answer = try #require(exchange.answer, "\(exchange)")
                    #expect(answer.body == Array("\(number)".utf8))
                    await server.endConnections(ending)
                    try await server.waitUntilClientsSeeTheEnd()
                }
                #expect(server.requests.count == 25)
            })
    }

    @Test(arguments: ScriptedServer.Ending.allCases)
    func manyIdleConnectionsEndedAtOnceLeaveNothingInDoubt(ending: ScriptedServer.Ending) async throws {
        try await Loopback.run(
            script: { $0.number % 32 == 0 || $0.number > 96 ? .answer() : .hold },
            test: { transport, server in
                for round in 1...3 {
                    await withTaskGroup(of: Bool.self) { group in
                        for _ in 0..<32 { group.addTask { await transport.send(.call()).answer != nil } }
                        await server.waitForRequests(32 * round)
                        await server.answerHeld()
                        for await isAnswered in group { #expect(isAnswered) }
                    }
                    await server.endConnections(ending)
                    try await server.waitUntilClientsSeeTheEnd()
                }
                #expect(server.requests.count == 96)
            })
    }

    @Test func anIdleConnectionThatStaysIsReused() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                let first = try #require(await transport.send(.call()).answer)
                let second = try #require(await transport.send(.call()).answer)
                #expect(!first.reusedConnection)
                #expect(second.reusedConnection)
                #expect(server.connectionCount == 1)
            })
    }

    @Test func unaskedForBytesOnAnIdleConnectionAreNoAnswer() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        try await Loopback.run(
            script: { _ in .raw(Array((answer + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad").utf8), then: nil) },
            test: { transport, server in
                for _ in 1...5 { #expect(await transport.send(.call()).answer?.body == Array("ok".utf8)) }
                #expect(server.requests.count == 5)
            })
    }
}
