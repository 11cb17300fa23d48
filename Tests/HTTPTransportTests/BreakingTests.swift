import Basics
import Glibc
import OpenSSL
import TestSupport
import Testing

@testable import HTTPTransport

/// What happens when the loop cannot continue.
@Suite struct BreakingTests {
    @Test func aLoopThatBreaksSaysSoToEverySendAndWhatMayHaveLeft() async throws {
        let server = try await ScriptedServer(ServerTLS(identity: TestPKI.shared().server)) { _ in .hold }
        let events = try EventQueue()
        let transport = try HTTPTransport(Loopback.configuration(for: server), events: events)
        async let underWay = transport.send(.call("under way"))
        await server.waitForRequests(1)
        try Self.makeWaitsFail(events)
        let late = try #require(await transport.send(.call("late")).failure)
        expectBroken(late, mayHaveLeft: false)
        try expectBroken(#require(await underWay.failure), mayHaveLeft: true)
        try expectBroken(#require(await transport.send(.call("afterwards")).failure), mayHaveLeft: false)
        await transport.shutDown()
        try expectBroken(#require(await transport.send(.call("at last")).failure), mayHaveLeft: false)
        #expect(server.requests.count == 1)
        await server.stop()
    }

    private func expectBroken(_ failure: HTTPFailure, mayHaveLeft: Bool) {
        #expect(failure.kind == .other)
        #expect(failure.mayHaveLeft == mayHaveLeft)
        #expect(failure.message.contains("start the run again"))
        #expect(failure.message.contains("epoll_"))
    }

    /// Puts something else in the queue's place: from the next wait on the system refuses.
    private static func makeWaitsFail(_ events: EventQueue) throws {
        let other = open("/dev/null", O_RDONLY | O_CLOEXEC)
        try #require(other >= 0)
        try #require(dup2(other, events.queue) == events.queue)
        close(other)
    }

    @Test func aSocketThatCannotBeWatchedEndsTheLoopBeforeItWaits() throws {
        let multi = try MultiHandle(events: EventQueue(), maximumConnections: 1)
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        // The system watches no such file (man 2 epoll_ctl, EPERM). 1 is CURL_POLL_IN.
        multi.want(descriptor, 1, isNew: true)
        let error = try #require(throws: HTTPTransportError.self) { try multi.advance() }
        #expect(error.message.contains("epoll_ctl"))
        close(descriptor)
    }

    @Test func aDescriptorTheSystemForgotIsWatchedAnew() throws {
        let events = try EventQueue()
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        try #require(events.watch(ends[1], 4, isNew: false))  // EPOLLOUT
        var ready: [Int32] = []
        #expect(events.wait(milliseconds: -1) { descriptor, _ in ready.append(descriptor) })
        #expect(ready == [ends[1]])
        for end in ends { close(end) }
    }
}
