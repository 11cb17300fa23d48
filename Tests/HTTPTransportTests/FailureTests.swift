import HTTPTransport
import OpenSSL
import TestSupport
import Testing

@Suite struct FailureTests {
    @Test func aServerThatIsDownIsNoConnectionAndNothingLeft() async throws {
        let server = try await ScriptedServer(ServerTLS(identity: TestPKI.shared().server)) { _ in .answer() }
        let transport = try HTTPTransport(try Loopback.configuration(for: server))
        await server.stop()
        let failure = try #require(await transport.send(.call()).failure)
        #expect(failure.kind == .couldNotConnect)
        #expect(!failure.mayHaveLeft)
        await transport.shutDown()
    }

    @Test func aServerThatGoesDownAfterwardsIsNoConnectionAndNothingLeft() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                #expect(await transport.send(.call()).answer != nil)
                await server.stop()
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .couldNotConnect)
                #expect(!failure.mayHaveLeft)
            })
    }

    @Test func aNameNobodyHasIsNoConnection() async throws {
        let transport = try HTTPTransport(HTTPTransportConfiguration(baseURL: "https://nobody.invalid"))
        let failure = try #require(await transport.send(.call()).failure)
        #expect(failure.kind == .couldNotConnect)
        #expect(!failure.mayHaveLeft)
        await transport.shutDown()
    }

    @Test func anAnswerThatDoesNotComeIsATimeoutAndMayHaveLeft() async throws {
        try await Loopback.run(
            transport: { $0.requestTimeout = .seconds(4) },
            script: { $0.body == Array("hold".utf8) ? .hold : .answer() },
            test: { transport, server in
                while await transport.send(.call("connect")).answer == nil {}  // however slow the machine is
                var failure = try #require(await transport.send(.call("hold")).failure)
                while !failure.mayHaveLeft, [.couldNotConnect, .timedOut].contains(failure.kind) {
                    failure = try #require(await transport.send(.call("hold")).failure)
                }
                #expect(failure.kind == .timedOut)
                #expect(failure.mayHaveLeft)
                #expect(server.requests.count { $0.body == Array("hold".utf8) } == 1)
            })
    }

    struct CutAnswer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: String
    }

    private static let cutAnswers = [
        CutAnswer(testDescription: "after the status line", bytes: "HTTP/1.1 200 OK\r\n"),
        CutAnswer(testDescription: "inside a field", bytes: "HTTP/1.1 200 OK\r\nContent-Le"),
        CutAnswer(testDescription: "before the empty line", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"),
        CutAnswer(testDescription: "after the header", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        CutAnswer(testDescription: "inside the body", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
        CutAnswer(
            testDescription: "inside a chunk",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        CutAnswer(
            testDescription: "before the last chunk",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        CutAnswer(testDescription: "after a 1xx", bytes: "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ]

    @Test(arguments: cutAnswers, ScriptedServer.Ending.allCases)
    func anAnswerThatEndsTooEarlyIsTruncatedAndMayHaveLeft(
        answer: CutAnswer, ending: ScriptedServer.Ending
    ) async throws {
        try await Loopback.run(
            script: { _ in .raw(Array(answer.bytes.utf8), then: ending) },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .truncated)
                #expect(failure.mayHaveLeft)
                #expect(server.requests.count == 1)
            })
    }

    @Test(arguments: ScriptedServer.Ending.allCases)
    func lessThanALineOfAnAnswerIsAResetAndMayHaveLeft(ending: ScriptedServer.Ending) async throws {
        try await Loopback.run(
            script: { _ in .raw(Array("HTTP/1.1 20".utf8), then: ending) },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .reset || failure.kind == .truncated)
                #expect(failure.mayHaveLeft)
                #expect(server.requests.count == 1)
            })
    }

    @Test func aBodyWithoutLengthThatEndsWithoutCloseNotifyIsTruncated() async throws {
        try await Loopback.run(
            script: { _ in .raw(Array("HTTP/1.1 200 OK\r\n\r\nab".utf8), then: .fin) },
            test: { transport, _ in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .truncated)
                #expect(failure.mayHaveLeft)
            })
    }

    @Test func aBodyWithoutLengthThatEndsWithCloseNotifyIsWhole() async throws {
        try await Loopback.run(
            script: { _ in .raw(Array("HTTP/1.1 200 OK\r\n\r\nab".utf8), then: .closeNotify) },
            test: { transport, _ in #expect(await transport.send(.call()).answer?.body == Array("ab".utf8)) })
    }

    @Test func garbageIsNoAnswer() async throws {
        try await Loopback.run(
            script: { _ in .raw(Array("\u{1}\u{2}this is not HTTP\r\n\r\n".utf8), then: .fin) },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .other)
                #expect(failure.mayHaveLeft)
                #expect(server.requests.count == 1)
            })
    }

    @Test func aBodyOf64MegabytesIsNotRead() async throws {
        let body = [UInt8](repeating: 0x20, count: 64 << 20)
        try await Loopback.run(
            script: { _ in .answer(body: body) },
            test: { transport, _ in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .oversized)
                #expect(failure.mayHaveLeft)
            })
    }

    @Test(arguments: [(1000, true), (1001, false)])
    func theBodysCapIsExact(size: Int, fits: Bool) async throws {
        try await Loopback.run(
            transport: { $0.maximumAnswerBytes = 1000 },
            script: { _ in .answer(body: [UInt8](repeating: 0x20, count: size)) },
            test: { transport, _ in
                let exchange = await transport.send(.call())
                #expect((exchange.answer?.body.count == size) == fits)
                #expect((exchange.failure?.kind == .oversized) != fits)
                // What came before the body is known all the same.
                #expect((exchange.failure?.head?.status == 200) != fits)
                #expect(exchange.failure?.head?.body.isEmpty ?? true)
            })
    }

    @Test func anEndlessHeaderIsNotRead() async throws {
        let lines = String(repeating: "X-Padding: \(String(repeating: "x", count: 1000))\r\n", count: 100)
        try await Loopback.run(
            script: { _ in .raw(Array(("HTTP/1.1 200 OK\r\n" + lines).utf8), then: nil) },
            test: { transport, _ in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .oversized)
                #expect(failure.mayHaveLeft)
                #expect(failure.head == nil)
            })
    }

    @Test(arguments: [
        HTTPRequest(method: .get, path: "", headers: [("X-Value", "a\r\nX-Other: b")]),
        HTTPRequest(method: .get, path: "", headers: [("X Name", "a")]),
        HTTPRequest(method: .get, path: "openings"),
        HTTPRequest(method: .get, path: "/a b"),
    ])
    func aRequestThatCouldWriteLinesOfItsOwnIsRefused(request: HTTPRequest) async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                let failure = try #require(await transport.send(request).failure)
                #expect(failure.kind == .other)
                #expect(!failure.mayHaveLeft)
                #expect(server.connectionCount == 0)
            })
    }
}
