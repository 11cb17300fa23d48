import OpenSSL
import TestSupport
import Testing

@testable import HTTPTransport

/// Cancellation and the transport's own end.
@Suite struct EndingTests {
    @Test func cancellingATaskEndsItsTransferAndSaysItMayHaveLeft() async throws {
        try await Loopback.run(
            script: { $0.number == 1 ? .hold : .answer() },
            test: { transport, server in
                let task = Task { await transport.send(.call()) }
                await server.waitForRequests(1)
                task.cancel()
                let failure = try #require(await task.value.failure)
                #expect(failure.kind == .cancelled)
                #expect(failure.mayHaveLeft)
                #expect(await transport.send(.call()).answer != nil)
            })
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                let task = Task {
                    while !Task.isCancelled { await Task.yield() }
                    return await transport.send(.call())
                }
                task.cancel()
                let failure = try #require(await task.value.failure)
                #expect(failure.kind == .cancelled)
                #expect(!failure.mayHaveLeft)
                #expect(server.requests.isEmpty)
            })
    }

    @Test func aRequestCancelledWhileItWaitsForItsTurnSendsNothing() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 1 },
            script: { _ in .hold },
            test: { transport, server in
                async let first = transport.send(.call("first"))
                await server.waitForRequests(1)
                let second = Task { await transport.send(.call("second")) }
                second.cancel()
                let failure = try #require(await second.value.failure)
                #expect(failure.kind == .cancelled)
                #expect(!failure.mayHaveLeft)
                await server.answerHeld()
                #expect(await first.answer != nil)
                #expect(server.requests.count == 1)
            })
    }

    @Test func aCancellationSeenBeforeItsRequestDoesNotWaitForATurn() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 1 },
            script: { _ in .hold },
            test: { transport, server in
                async let first = transport.send(.call("first"))
                await server.waitForRequests(1)
                let ticket = Ticket()
                ticket.cancel()  // the loop hears of it no more
                let failure = try #require(await transport.send(.call("second"), as: ticket).failure)
                #expect(failure.kind == .cancelled)
                await server.answerHeld()
                #expect(await first.answer != nil)
                #expect(server.requests.count == 1)
            })
    }

    @Test func cancellationsAtAnyMomentAccountForEveryRead() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 8 },
            script: { _ in .answer() },
            test: { transport, server in
                let (mayHaveLeft, provablyNot) = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<200 {
                        group.addTask { await Self.sendAndCancel(transport, after: number % 20) }
                    }
                    return await group.reduce(into: (0, 0)) { $1 ? ($0.0 += 1) : ($0.1 += 1) }
                }
                #expect(mayHaveLeft + provablyNot == 200)
                #expect(server.requests.count <= mayHaveLeft)
            })
    }

    /// Another thread may cancel a request while the queue is gone through: it is failed, or it stays.
    @Test func cancelledMeanwhile() {
        var queue = [1, 2, 3]
        var asked = 0
        // From the second time on it would hold for all.
        let taken = queue.extract { number in
            asked += 1
            return asked > 3 || number == 2
        }
        #expect(taken == [2])
        #expect(queue == [1, 3])
    }

    /// A server that one test starts for all must not hold another's socket: its port would never be free again, and who
    /// connects to it would wait for an answer.
    @Test func nothingInherited() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { _, _ in
                let shell = try HeldShell("readlink /proc/self/fd/* | grep -c '^socket:'; cat >/dev/null")
                defer { shell.end() }
                #expect(shell.line == "0")
            })
    }

    /// Whether the request was answered or may have left.
    private static func sendAndCancel(_ transport: HTTPTransport, after yields: Int) async -> Bool {
        let task = Task { await transport.send(.call()) }
        for _ in 0..<yields { await Task.yield() }
        task.cancel()
        return await task.value.failure?.mayHaveLeft ?? true
    }

    @Test func shuttingDownEndsTransfersUnderWay() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 4 },
            script: { _ in .hold },
            test: { transport, server in
                await withTaskGroup(of: HTTPFailure?.self) { group in
                    for _ in 0..<8 { group.addTask { await transport.send(.call()).failure } }
                    await server.waitForRequests(4)
                    await transport.shutDown()
                    let failures = await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
                    #expect(failures.count == 8)
                    #expect(failures.allSatisfy { $0.kind == .cancelled })
                    #expect(failures.count { $0.mayHaveLeft } == 4)
                }
            })
    }

    @Test func shuttingDownTwiceAndSendingAfterwardsIsHarmless() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                async let once: Void = transport.shutDown()
                async let twice: Void = transport.shutDown()
                _ = await (once, twice)
                await transport.shutDown()
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .cancelled)
                #expect(!failure.mayHaveLeft)
                #expect(server.requests.isEmpty)
            })
    }
}
