import IdentityInsights
import JSON
import Testing

struct AnswerTests {
    @Test("an answer of the first generation is read")
    func firstGeneration() throws {
        let answer = try Answer(
            parsing: bytes(
                #"""
                {"requestRefId":"be3ad617","insights":{"user":{"scores":{"identityRisk":42}},"ip":{"scores":{"ipRisk":0.125}},
                "device":{"scores":{"deviceRiskFactor":5}}},"warnings":["Email: Address is too long"],"alerts":[]}
                """#))
        #expect(answer.requestRefID == "be3ad617")
        #expect(answer.warnings == ["Email: Address is too long"])
        #expect(answer.alerts == [])
        #expect(answer.insights["device"]?["scores"]?["deviceRiskFactor"]?.integer == 5)
    }

    @Test("an answer of the newer generation, with leaves nobody knows yet, is read and kept whole")
    func newerGeneration() throws {
        let text =
            #"{"requestRefId":"r","insights":{"user":{},"ip":{},"device":{"score":{"deviceRisk":0.5}},"pet":{"cat":1}},"x":[]}"#
        let answer = try Answer(parsing: bytes(text))
        #expect(answer.insights["device"]?["score"]?["deviceRisk"]?.double == 0.5)
        #expect(answer.insights["pet"]?["cat"]?.integer == 1)
        #expect(answer.document.bytes == bytes(text))
    }

    @Test(
        "answers that may differ in form and still were billed are read",
        arguments: [
            (#"{"requestRefId":"r","insights":{"user":{},"ip":{}}}"#, [], []),
            (
                #"{"requestRefId":"r","insights":{"user":{},"ip":{},"device":null},"warnings":null,"alerts":null}"#, [],
                []
            ),
            (
                #"{"requestRefId":"r","insights":{},"alerts":["Unable to generate IP and user insights"]}"#, [],
                ["Unable to generate IP and user insights"]
            ),
            (#"{"requestRefId":"r","insights":{"user":{},"ip":null},"alerts":["a"]}"#, [], ["a"]),
            (
                #"{"requestRefId":"r","insights":{"user":{},"ip":{}},"warnings":"w","alerts":[1,{"b":2}]}"#, ["w"],
                ["1", #"{"b":2}"#]
            ),
        ])
    func tolerated(_ text: String, _ warnings: [String], _ alerts: [String]) throws {
        let answer = try Answer(parsing: bytes(text))
        #expect(answer.warnings == warnings)
        #expect(answer.alerts == alerts)
    }

    @Test(
        "what does not fit the model is refused, without a word of it",
        arguments: [
            "", "jane", "[]", "null", "{}", #""jane""#, "<html>jane</html>",
            #"{"requestRefId":"jane"}"#,
            #"{"requestRefId":7,"insights":{"user":{},"ip":{}}}"#,
            #"{"requestRefId":"","insights":{"user":{},"ip":{}}}"#,
            #"{"insights":{"user":{},"ip":{}}}"#,
            #"{"requestRefId":"jane","insights":[]}"#,
            #"{"requestRefId":"jane","insights":"jane"}"#,
            #"{"requestRefId":"jane","insights":{"user":{}}}"#,
            #"{"requestRefId":"jane","insights":{"ip":{}}}"#,
            #"{"requestRefId":"jane","insights":{"user":null,"ip":{}}}"#,
            #"{"requestRefId":"jane","insights":{"user":{},"ip":"jane"},"alerts":["a"]}"#,
            #"{"requestRefId":"jane","insights":{"user":{},"ip":{},"device":[]}}"#,
            #"{"requestRefId":"jane","requestRefId":"joan","insights":{"user":{},"ip":{}}}"#,
            #"{"Errors":{"Error":[{"Source":"jane"}]}}"#,
            #"{"encryptedData":"jane"}"#,
        ])
    func refused(_ text: String) throws {
        let error = try #require(throws: AnswerError.self) { try Answer(parsing: bytes(text)) }
        #expect(!"\(error)".contains("jane"))
    }

    private func bytes(_ text: String) -> [UInt8] {
        Array(text.utf8)
    }
}
