import HTTPTransport
import IdentityInsights
import JOSE
import JSON
import Testing

@testable import Emulator

@Suite(.serialized) struct ScenarioTests {
    @Test(
        "a scenario's error has its status and the API's error body",
        arguments: [
            ("400", 400, false), ("400r", 400, true), ("400rs", 400, true), ("400d", 400, false), ("401", 401, false),
            ("403", 403, false), ("404", 404, false), ("425", 425, true), ("429", 429, true), ("429a3", 429, true),
            ("500", 500, true), ("502e", 502, true), ("503", 503, true), ("503a7", 503, true), ("504e", 504, true),
        ])
    func error(name: String, status: Int, recoverable: Bool) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request(name)).answer)
            #expect(answer.status == status)
            let envelope = try #require(ErrorEnvelope(parsing: answer.body))
            #expect(envelope.recoverable == recoverable)
            #expect(envelope.mentionsEncryption == (name == "400d"))
            #expect(answer.header("Retry-After") == (name == "429a3" ? "3" : name == "503a7" ? "7" : nil))
        }
    }

    @Test("Recoverable is a string where asked for")
    func recoverableAsString() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("400rs")).answer)
            let body = try JSONDocument(parsing: answer.body)
            #expect(body.root["Errors"]?["Error"]?[0]?["Recoverable"]?.string == "true")
        }
    }

    @Test(
        "a gateway's answer is a page",
        arguments: [("html400", 400), ("408", 408), ("502", 502), ("html503", 503), ("504", 504)])
    func page(name: String, status: Int) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request(name)).answer)
            #expect(answer.status == status)
            #expect(answer.header("Content-Type") == "text/html")
            #expect(answer.body.starts(with: Array("<html>".utf8)))
        }
    }

    @Test("a redirect points elsewhere")
    func redirect() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("redirect")).answer)
            #expect(answer.status == 302)
            #expect(answer.header("Location") != nil)
        }
    }

    @Test(
        "a connection that fails does so after the request was read",
        arguments: [
            ("reset", HTTPFailure.Kind.reset), ("close", .reset), ("cuthead", .truncated), ("truncate", .truncated),
            ("big", .oversized),
        ])
    func connection(name: String, kind: HTTPFailure.Kind) async throws {
        try await Stage.run { emulator, client in
            _ = try await client.call(SampleRequest.whole())
            let failure = try #require(try await client.call(request(name)).failure)
            #expect(failure.kind == kind)
            #expect(failure.mayHaveLeft)
            #expect(emulator.calls.byFault[name] == 1)
        }
    }

    @Test("garbage is a 200 that is no JSON")
    func garbage() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("garbage")).answer)
            #expect(answer.status == 200)
            #expect(throws: JSONError.self) { try JSONDocument(parsing: answer.body) }
        }
    }

    @Test("plain insights fit the answer's model")
    func plain() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("plain")).answer)
            #expect(answer.status == 200)
            let insights = try IdentityInsights.Answer(parsing: answer.body)
            #expect(insights.requestRefID == answer.header("X-MC-Correlation-ID"))
        }
    }

    @Test("an answer of status 201 holds the insights")
    func created() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("201")).answer)
            #expect(answer.status == 201)
            #expect(try client.insights(of: answer).root["insights"]?.kind == .object)
        }
    }

    @Test("an answer to the wrong key or with a changed tag does not decrypt", arguments: ["wrongkey", "badtag"])
    func undecryptable(name: String) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request(name)).answer)
            #expect(answer.status == 200)
            #expect(throws: JWEError.undecryptable) { try client.insights(of: answer) }
        }
    }

    @Test(
        "the other content encryptions decrypt",
        arguments: [
            ("a128gcm", "A128GCM", 12), ("a192gcm", "A192GCM", 12), ("iv16", "A256GCM", 16),
            ("cbc", "A128CBC-HS256", 16),
        ])
    func contentEncryption(name: String, enc: String, vector: Int) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request(name)).answer)
            let header = try JWEHeader.inspect(try #require(JWEEnvelope.token(in: answer.body)))
            #expect(header.enc == enc)
            #expect(header.segmentSizes.initializationVector == vector)
            #expect(try client.insights(of: answer).root["insights"]?.kind == .object)
        }
    }

    @Test("a scenario with a count ends, for each record by itself")
    func count() async throws {
        try await Stage.run { emulator, client in
            for email in ["iia+503x2@example.com", "iia+503x2.other@example.com"] {
                var statuses = [Int]()
                for _ in 0..<3 {
                    statuses.append(try await client.call(SampleRequest.whole(email: email)).answer?.status ?? 0)
                }
                #expect(statuses == [503, 503, 200])
            }
            #expect(emulator.calls.byStatus == [503: 4, 200: 2])
        }
    }

    @Test("a scenario that does not exist is refused, so that a slip is seen")
    func unknown() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request("nonsense")).answer)
            #expect(answer.status == 400)
            #expect(ErrorEnvelope(parsing: answer.body)?.errors.first?.reasonCode == "UNKNOWN_SCENARIO")
        }
    }

    @Test("every scenario is told in the help")
    func help() {
        for name in ScenarioCatalogue.byName.keys {
            #expect(ScenarioCatalogue.help.contains("\n  \(name) "))
        }
    }

    private func request(_ name: String) -> String {
        SampleRequest.whole(email: "iia+\(name)@example.com")
    }
}
