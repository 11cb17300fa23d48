import HTTPTransport
import OpenSSL
import TestSupport
import Testing

@Suite struct ProxyTests {
    @Test func requestsGoThroughTheProxysTunnelAndReuseIt() async throws {
        let proxy = try await ConnectProxy()
        try await Loopback.run(
            transport: { $0.proxy = proxy.url },
            script: { .answer(body: $0.body) },
            test: { transport, server in
                for number in 1...5 {
                    let answer = try #require(await transport.send(.call("\(number)")).answer)
                    #expect(answer.body == Array("\(number)".utf8))
                    #expect(answer.header("Content-Length") == "1")
                    #expect(answer.reusedConnection == (number > 1))
                }
                #expect(proxy.connectCount == 1)
                #expect(server.connectionCount == 1)
            })
        await proxy.stop()
    }

    @Test(
        arguments: [
            (403, .proxyRefused), (407, .proxyRefused), (502, .couldNotConnect), (503, .couldNotConnect),
        ] as [(Int, HTTPFailure.Kind)])
    func aProxyThatRefusesIsToldApartFromOneThatCannotAndItsConnectIsNotTheRequest(
        status: Int, kind: HTTPFailure.Kind
    ) async throws {
        let proxy = try await ConnectProxy(refusal: status)
        try await Loopback.run(
            transport: { $0.proxy = proxy.url },
            script: { _ in .answer() },
            test: { transport, server in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == kind)
                #expect(!failure.mayHaveLeft)
                #expect(proxy.connectCount == 1)
                #expect(server.connectionCount == 0)
            })
        await proxy.stop()
    }

    @Test func aServerRefusedBehindAProxyHasNothingOfTheRequest() async throws {
        let proxy = try await ConnectProxy()
        let other = try TestPKI(commonName: "Another CA").server
        try await Loopback.run(
            tls: { $0.identity = other }, transport: { $0.proxy = proxy.url },
            script: { _ in .answer() },
            test: { transport, _ in
                let failure = try #require(await transport.send(.call()).failure)
                #expect(failure.kind == .serverCertificate)
                #expect(!failure.mayHaveLeft)
                #expect(proxy.connectCount == 1)
            })
        await proxy.stop()
    }

    @Test(arguments: ScriptedServer.Ending.allCases)
    func behindAProxyASendIsReadOnceToo(ending: ScriptedServer.Ending) async throws {
        let proxy = try await ConnectProxy()
        try await Loopback.run(
            transport: { $0.proxy = proxy.url },
            script: { $0.numberOnConnection == 1 ? .answer() : .end(ending) },
            test: { transport, server in
                var failures: [HTTPFailure] = []
                for _ in 1...10 {
                    if let failure = await transport.send(.call()).failure { failures.append(failure) }
                }
                #expect(server.requests.count == 10)
                #expect(failures.count == 5)
                #expect(failures.allSatisfy { $0.kind == .reset && $0.mayHaveLeft })
            })
        await proxy.stop()
    }
}
