import HTTPTransport
import IdentityInsights
import JSON
import Testing

@testable import Emulator

@Suite(.serialized) struct AnswerTests {
    @Test("the answer fits the model, and its id is the correlation id")
    func model() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(SampleRequest.whole()).answer)
            #expect(answer.status == 200)
            let insights = try IdentityInsights.Answer(parsing: client.insights(of: answer).bytes)
            #expect(insights.requestRefID == answer.header("X-MC-Correlation-ID"))
            #expect(insights.alerts.isEmpty)
            #expect(answer.dateAt != nil)
        }
    }

    @Test("insights depend on the record only, ids on the call")
    func determinism() async throws {
        try await Stage.run { _, client in
            var documents = [JSONDocument]()
            for account in ["a1", "a1", "b2"] {
                let answer = try #require(try await client.call(SampleRequest.whole(account: account)).answer)
                documents.append(try client.insights(of: answer))
            }
            let insights = documents.map { $0.root["insights"]?.canonicalBytes }
            #expect(insights[0] != nil && insights[0] == insights[1])
            #expect(insights[0] != insights[2])
            #expect(documents[0].root["requestRefId"]?.string != documents[1].root["requestRefId"]?.string)
        }
    }

    @Test("a request in another order or with other white space is the same record")
    func canonical() async throws {
        try await Stage.run { emulator, client in
            _ = try await client.call(#"{"user":{"account":{"hashedAccountId":"a"},"email":"a@b.org"}}"#)
            _ = try await client.call(#"{ "user": {"email":"a@b.org", "account": {"hashedAccountId":"a"}}}"#)
            #expect(emulator.calls.byRequest.values.sorted() == [2])
        }
    }

    @Test(
        "both generations answer, by the request's fields or by the knob",
        arguments: [
            (SampleRequest.whole(), InsightsGeneration.asRequested, false), (SampleRequest.newer, .asRequested, true),
            (SampleRequest.newer, .classic, false), (SampleRequest.whole(), .newer, true),
        ])
    func generations(request: String, generation: InsightsGeneration, newer: Bool) async throws {
        try await Stage.run(emulator: { $0.generation = generation }) { _, client in
            let answer = try #require(try await client.call(request).answer)
            let device = try client.insights(of: answer).root["insights"]?["device"]
            #expect((device?["score"]?["deviceRisk"] != nil) == newer)
            #expect((device?["scores"]?["deviceRiskFactor"] != nil) == !newer)
        }
    }

    @Test("every leaf has its column in the results", arguments: [SampleRequest.whole(), SampleRequest.newer])
    func columns(request: String) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(request).answer)
            let insights = try #require(try client.insights(of: answer).root["insights"])
            insights.forEachLeaf { path, _ in #expect(InsightColumns.all.contains(path)) }
        }
    }

    @Test("without a device there are alerts instead of insights")
    func alerts() async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(SampleRequest.userOnly).answer)
            let insights = try IdentityInsights.Answer(parsing: client.insights(of: answer).bytes)
            #expect(insights.alerts == ["Unable to generate IP insights", "Unable to generate device insights"])
            #expect(insights.insights["device"] == nil)
        }
    }

    @Test("a strange country hint earns a warning and no refusal", arguments: [("US", false), ("USA", true)])
    func countryHint(hint: String, isWarned: Bool) async throws {
        try await Stage.run { _, client in
            let request =
                #"{"user":{"account":{"hashedAccountId":"a"},"phone":{"number":"5551234567","countryHint":"\#(hint)"}}}"#
            let answer = try #require(try await client.call(request).answer)
            let insights = try IdentityInsights.Answer(parsing: client.insights(of: answer).bytes)
            #expect(insights.warnings.contains { $0.hasPrefix("Phone: Invalid country_hint") } == isWarned)
        }
    }

    @Test("a request that breaks field rules is refused with the fields' paths, and counted")
    func validation() async throws {
        try await Stage.run { emulator, client in
            let request = #"{"user":{"email":"x","account":{"hashedAccountId":"a"}},"device":{"language":"en"}}"#
            let answer = try #require(try await client.call(request).answer)
            #expect(answer.status == 400)
            let error = try #require(ErrorEnvelope(parsing: answer.body)?.errors.first)
            #expect(error.source == "IIA")
            #expect(error.reasonCode == "VALIDATION_ERROR")
            #expect(error.recoverable == false)
            #expect(Set(error.fieldNames) == ["user.email", "device.ip", "device.userAgent"])
            #expect(emulator.calls.byFault == ["validation": 1])
        }
    }

    @Test("a plaintext that is no JSON object is refused as invalid", arguments: ["[]", "1", "{", ""])
    func noObject(plaintext: String) async throws {
        try await Stage.run { _, client in
            let answer = try #require(try await client.call(plaintext).answer)
            #expect(answer.status == 400)
            #expect(ErrorEnvelope(parsing: answer.body)?.errors.first?.reasonCode == "VALIDATION_ERROR")
        }
    }

    @Test("a GET reaches the API and is not a call", arguments: [("", 404), ("/openings", 405), ("/nowhere", 404)])
    func get(path: String, status: Int) async throws {
        try await Stage.run { emulator, client in
            let exchange = await client.transport.send(HTTPRequest(method: .get, path: path))
            let answer = try #require(exchange.answer)
            #expect(answer.status == status)
            #expect(ErrorEnvelope(parsing: answer.body) != nil)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("connections are kept")
    func keepAlive() async throws {
        try await Stage.run { _, client in
            let first = try await client.call(SampleRequest.whole()).answer
            #expect(first?.reusedConnection == false)
            let second = try await client.call(SampleRequest.whole()).answer
            #expect(second?.reusedConnection == true)
        }
    }
}
