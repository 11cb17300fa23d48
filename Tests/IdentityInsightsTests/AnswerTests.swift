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
        "what is no JSON, or the API's error body, is refused without a word of it",
        arguments: [
            "", "jane", "<html>jane</html>", "{jane}", #"{"requestRefId":"jane"#, #"["jane" "jane"]"#, "\u{FEFF}",
            #"{"Errors":{"Error":[{"Source":"jane"}]}}"#, #"{"requestRefId":"r","insights":{},"Errors":{}}"#,
        ])
    func refused(_ text: String) throws {
        let error = try #require(throws: AnswerError.self) { try Answer(parsing: bytes(text)) }
        #expect(!"\(error)".contains("jane"))
    }

    @Test(
        "what holds an insight's column, a warning or an alert is known",
        arguments: [
            (#"{"requestRefId":"r","insights":{"user":{"scores":{"identityRisk":7}},"ip":{}}}"#, true),
            (#"{"requestRefId":"r","insights":{"ip":{"details":{"risk":null}}}}"#, true),
            (#"{"insights":{"device":{"score":{"deviceRisk":0.5}}}}"#, true),
            (#"{"requestRefId":"r","insights":{},"alerts":["Unable to generate insights"]}"#, true),
            (#"{"requestRefId":"r","warnings":["w"]}"#, true), (#"{"requestRefId":"r","insights":{}}"#, false),
            (#"{"requestRefId":"r","insights":{"user":{},"ip":{}},"warnings":[],"alerts":null}"#, false),
            (#"{"requestRefId":"r","insights":{"user":{"scores":7}}}"#, false),
            (#"{"requestRefId":"r","user":{"scores":{"identityRisk":7}}}"#, false), ("[]", false), ("null", false),
            (#""jane""#, false), (#"{"encryptedData":"jane"}"#, false),
        ])
    func known(_ text: String, _ isKnown: Bool) throws {
        #expect(try Answer(parsing: bytes(text)).hasKnownLeaf == isKnown)
    }

    @Test(
        "an answer that nothing else vouches for has insights, or the place for them",
        arguments: [
            (#"{"requestRefId":"r","insights":{}}"#, true), (#"{"insights":{}}"#, false),
            (#"{"requestRefId":"r"}"#, false),
            (#"{"requestRefId":"","insights":{}}"#, false), (#"{"requestRefId":7,"insights":{}}"#, false),
            (#"{"insights":{"user":{"scores":{"identityRisk":7}}}}"#, true), ("{}", false), ("[]", false),
        ])
    func model(_ text: String, _ fits: Bool) throws {
        #expect(try Answer(parsing: bytes(text)).fitsModel == fits)
    }

    @Test("an answer whose form is at fault is read as far as it can be")
    func faultOfForm() throws {
        let text = """
            \u{FEFF}{"requestRefId":"r","insights":{"user":{"scores":{"identityRisk":NaN}},"ip":{"scores":{"ipRisk":05}}},
            "warnings":["a\\ud83d",],"warnings":["b"]}
            """
        let answer = try Answer(parsing: bytes(text))
        #expect(answer.formFault?.rule == "a byte order mark is not allowed")
        #expect(answer.requestRefID == "r")
        #expect(answer.warnings == ["a\u{FFFD}"])
        #expect(answer.insights["user"]?["scores"]?["identityRisk"]?.isNull == true)
        #expect(answer.insights["ip"]?["scores"]?["ipRisk"]?.integer == 5)
    }

    private func bytes(_ text: String) -> [UInt8] {
        Array(text.utf8)
    }
}
