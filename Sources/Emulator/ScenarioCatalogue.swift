/// The scenarios a record can ask for by the local part of its email, and how `--help` tells them.
public enum ScenarioCatalogue {
    struct Entry: Sendable {
        let name: String
        let meaning: String
        let action: Fault.Action
    }

    /// The scenarios as text for `--help`, one line each, without a final newline.
    public static var help: String {
        let width = "429aN, 503aN".count
        let lines = entries.map { entry in
            "  \(entry.name)\(String(repeating: " ", count: width - entry.name.count))  \(entry.meaning)"
        }
        return (introduction + lines).joined(separator: "\n")
    }

    static let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }

    private static let introduction = [
        "A record chooses its own answer by the local part of its email: iia+NAME[xN][.ANYTHING]@ANYWHERE. "
            + "With xN only its first N calls fare so, then it gets the ordinary answer: iia+503x2.17@example.com "
            + "gets 503 twice, then 200. Attempts are counted for each record since the start. "
            + "A name that is not one of these is refused with 400 UNKNOWN_SCENARIO:",
        "",
        "  429aN, 503aN  with Retry-After: N seconds",
    ]

    static let entries: [Entry] = errors + gateways + connections + answers + seals

    private static let errors: [Entry] = [
        Entry(name: "400", meaning: "refused, not recoverable", action: .error(.status(400))),
        Entry(name: "400r", meaning: "refused, Recoverable true", action: .error(recoverable(.boolean(true)))),
        Entry(
            name: "400rs", meaning: "refused, Recoverable the string \"true\"",
            action: .error(recoverable(.text("true")))),
        Entry(
            name: "400d", meaning: "refused, could not be decrypted",
            action: .error(.undecryptable("encryptedData"))),
        Entry(name: "401", meaning: "unauthorized", action: .error(.status(401))),
        Entry(name: "403", meaning: "forbidden", action: .error(.status(403))),
        Entry(name: "404", meaning: "not found", action: .error(.status(404))),
        Entry(name: "425", meaning: "too early", action: .error(.status(425))),
        Entry(name: "429", meaning: "too many requests, no Retry-After", action: .error(.status(429))),
        Entry(name: "500", meaning: "the API's error body", action: .error(.status(500))),
        Entry(name: "502e", meaning: "502 with the API's error body", action: .error(.status(502))),
        Entry(name: "503", meaning: "the API's error body, no Retry-After", action: .error(.status(503))),
        Entry(name: "504e", meaning: "504 with the API's error body", action: .error(.status(504))),
    ]

    private static let gateways: [Entry] = [
        Entry(name: "html400", meaning: "an HTML page, as nginx refuses a certificate", action: .page(400)),
        Entry(name: "408", meaning: "a proxy's HTML page", action: .page(408)),
        Entry(name: "502", meaning: "a gateway's HTML page", action: .page(502)),
        Entry(name: "504", meaning: "a gateway's HTML page", action: .page(504)),
        Entry(name: "html503", meaning: "a gateway's HTML page", action: .page(503)),
        Entry(name: "redirect", meaning: "302 to another address", action: .redirect),
    ]

    private static let connections: [Entry] = [
        Entry(name: "reset", meaning: "request read, connection reset, no answer", action: .reset),
        Entry(name: "close", meaning: "request read, connection closed in order, no answer", action: .close),
        Entry(name: "hang", meaning: "request read, never answered", action: .hang),
        Entry(name: "cuthead", meaning: "the response ends within its head", action: .cutHead),
        Entry(name: "truncate", meaning: "the response ends within its body", action: .cutBody),
        Entry(name: "slow", meaning: "the ordinary answer, late", action: .slow),
    ]

    private static let answers: [Entry] = [
        Entry(name: "garbage", meaning: "200 with a body that is no JSON", action: .garbage),
        Entry(name: "big", meaning: "200 with a body of 64 MiB", action: .big),
        Entry(name: "201", meaning: "the insights with status 201", action: .insights(status: 201, seal: .ordinary)),
        Entry(name: "plain", meaning: "200, the insights not encrypted", action: .insights(status: 200, seal: .plain)),
    ]

    private static let seals: [Entry] =
        [
            sealed("wrongkey", "200, encrypted to another key", .wrongKey),
            sealed("badtag", "200, the authentication tag changed", .badTag),
        ]
        + AnswerEncryption.allCases.map { sealed($0.rawValue, $0.meaning, .content($0)) }

    private static func sealed(_ name: String, _ meaning: String, _ seal: AnswerSeal) -> Entry {
        Entry(name: name, meaning: meaning, action: .insights(status: 200, seal: seal))
    }

    private static func recoverable(_ value: ErrorAnswer.Recoverable) -> ErrorAnswer {
        var answer = ErrorAnswer.status(400)
        answer.recoverable = value
        return answer
    }
}
