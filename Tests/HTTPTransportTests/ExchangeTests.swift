import Basics
import HTTPTransport
import OpenSSL
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct ExchangeTests {
    @Test func aPostArrivesWholeAndItsAnswerComesBackWhole() async throws {
        let body = Array("{\"encryptedData\":\"x\"}".utf8)
        try await Loopback.run(
            script: { _ in .answer(headers: [("X-MC-Correlation-ID", "c-1")], body: Array("answer".utf8)) },
            test: { transport, server in
                let request = HTTPRequest(
                    method: .post, path: "/openings?x=1",
                    headers: [("Content-Type", "application/json"), ("X-Empty", "")], body: body)
                let answer = try #require(await transport.send(request).answer)
                #expect(answer.status == 200)
                #expect(answer.body == Array("answer".utf8))
                #expect(answer.header("x-mc-correlation-id") == "c-1")
                #expect(!answer.reusedConnection)
                let seen = try #require(server.requests.first)
                #expect(seen.body == body)
                #expect(seen.head.hasPrefix("POST /openings?x=1 HTTP/1.1\r\n"))
                #expect(seen.head.contains("Content-Type: application/json\r\n"))
                #expect(seen.head.contains("X-Empty:"))
            })
    }

    @Test func noExpectationAndNoEncodingIsAskedFor() async throws {
        try await Loopback.run(
            script: { _ in .answer() },
            test: { transport, server in
                let large = HTTPRequest(
                    method: .post, path: "/openings", body: [UInt8](repeating: 0x61, count: 300_000))
                #expect(await transport.send(large).answer?.status == 200)
                let seen = try #require(server.requests.first)
                #expect(seen.body.count == 300_000)
                #expect(!seen.head.lowercased().contains("expect:"))
                #expect(!seen.head.lowercased().contains("accept-encoding"))
            })
    }

    @Test func getHasNoBodyAndTellsTheServersClock() async throws {
        try await Loopback.run(
            script: { _ in .answer(status: 405, headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]) },
            test: { transport, server in
                let answer = try #require(await transport.send(HTTPRequest(method: .get, path: "")).answer)
                #expect(answer.status == 405)
                #expect(answer.dateAt == 784_111_777_000)
                #expect(server.requests.first?.head.hasPrefix("GET / HTTP/1.1\r\n") == true)
                #expect(server.requests.first?.body == [])
            })
    }

    @Test func methodsBodiesAndHeadersOfOneRequestDoNotReachTheNext() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 1 },
            script: { .answer(body: Array("\($0.number)".utf8)) },
            test: { transport, server in
                let requests = [
                    HTTPRequest.call("long body of the first"), HTTPRequest(method: .get, path: "/health"),
                    HTTPRequest(method: .post, path: "/openings", headers: [("X-Other", "1")], body: Array("2".utf8)),
                    HTTPRequest(method: .post, path: "/openings"),
                ]
                for (index, request) in requests.enumerated() {
                    let answer = try #require(await transport.send(request).answer)
                    #expect(answer.body == Array("\(index + 1)".utf8))
                }
                #expect(server.connectionCount == 1)
                let seen = server.requests
                #expect(seen.map { $0.head.prefix(4) } == ["POST", "GET ", "POST", "POST"])
                #expect(seen.map(\.body) == [Array("long body of the first".utf8), [], Array("2".utf8), []])
                #expect(seen.map { $0.head.contains("X-Other") } == [false, false, true, false])
            })
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n", 200, "ok"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
    ])
    func everyWayToEndABodyIsUnderstood(bytes: String, status: Int, body: String) async throws {
        try await Loopback.run(
            script: { _ in .raw(Array(bytes.utf8), then: nil) },
            test: { transport, server in
                for _ in 1...2 {
                    let answer = try #require(await transport.send(.call()).answer)
                    #expect(answer.status == status)
                    #expect(answer.body == Array(body.utf8))
                }
                #expect(server.connectionCount == 1)
            })
    }

    @Test func aRedirectIsAnAnswerAndNotFollowed() async throws {
        try await Loopback.run(
            script: { _ in .answer(status: 302, headers: [("Location", "/elsewhere")]) },
            test: { transport, server in
                let answer = try #require(await transport.send(.call()).answer)
                #expect(answer.status == 302)
                #expect(answer.header("Location") == "/elsewhere")
                #expect(server.requests.count == 1)
            })
    }

    @Test func anInterimResponseIsNotTheAnswer() async throws {
        let bytes =
            "HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Real: 1\r\n\r\nok"
        try await Loopback.run(
            script: { _ in .raw(Array(bytes.utf8), then: nil) },
            test: { transport, _ in
                let answer = try #require(await transport.send(.call()).answer)
                #expect(answer.status == 200)
                #expect(answer.body == Array("ok".utf8))
                #expect(answer.header("X-Real") == "1")
                #expect(answer.header("X-Hint") == nil)
            })
    }

    @Test(arguments: ServerTLS.Version.allCases)
    func aClientCertificateIsShown(version: ServerTLS.Version) async throws {
        let pki = try TestPKI.shared()
        try await Loopback.run(
            tls: {
                $0.clientAuthority = pki.authority
                $0.version = version
            },
            transport: { $0.identity = pki.client },
            script: { _ in .answer(body: Array("welcome".utf8)) },
            test: { transport, _ in
                for _ in 1...3 { #expect(await transport.send(.call()).answer?.body == Array("welcome".utf8)) }
            })
    }

    @Test func requestsAtOnceUseNoMoreConnectionsThanAllowedAndReuseThem() async throws {
        try await Loopback.run(
            transport: { $0.maximumConnections = 8 },
            script: { .answer(body: $0.body) },
            test: { transport, server in
                let answers = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<400 {
                        group.addTask {
                            let exchange = await transport.send(.call("\(number)"))
                            return exchange.answer?.body == Array("\(number)".utf8)
                        }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(answers == 400)
                #expect(server.requests.count == 400)
                #expect(server.connectionCount <= 8)
            })
    }

    @Test func requestsRunAtOnceAndNotOneAfterAnother() async throws {
        try await Loopback.run(
            script: { _ in .hold },
            test: { transport, server in
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<32 { group.addTask { await transport.send(.call()).answer != nil } }
                    await server.waitForRequests(32)
                    await server.answerHeld()
                    for await isAnswered in group { #expect(isAnswered) }
                }
            })
    }
}
