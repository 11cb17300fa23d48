/// What a record requests of the emulator by the local part of its email: `iia+NAME[xN][.ANYTHING]@…`.
struct Scenario: Sendable, Equatable {
    /// What happens to the record's calls.
    let fault: Fault
    /// How many calls it happens to before the ordinary answer; nil: all.
    let calls: Int?

    /// The scenario of an email; nil if it asks for none.
    ///
    /// - Throws: ``ErrorAnswer/unknownScenario`` as an error if it asks for one that does not exist.
    init?(email: String) throws(Unknown) {
        guard email.hasPrefix("iia+") else { return nil }
        let token = email.dropFirst(4).prefix { $0 != "." && $0 != "@" }
        if let fault = Self.fault(named: token) {
            self.init(fault: fault, calls: nil)
            return
        }
        guard let (name, calls) = Self.split(token, at: "x"), let fault = Self.fault(named: name) else {
            throw Unknown()
        }
        self.init(fault: fault, calls: calls)
    }

    private init(fault: Fault, calls: Int?) {
        self.fault = fault
        self.calls = calls
    }

    /// The fault of the k-th call (from 1), nil once the scenario is over.
    func fault(ofCall attempt: Int) -> Fault? {
        calls.map { attempt <= $0 } ?? true ? fault : nil
    }

    /// There is no scenario of the name asked for.
    struct Unknown: Error {}

    private static func fault(named name: Substring) -> Fault? {
        if let entry = ScenarioCatalogue.byName[String(name)] { return Fault(name: entry.name, action: entry.action) }
        guard let (status, seconds) = split(name, at: "a"), status == "429" || status == "503" else { return nil }
        let code = status == "429" ? 429 : 503
        return Fault(name: String(name), action: .error(.status(code, retryAfter: seconds)))
    }

    /// `name` and number of `name<mark>number`; the mark is the last of its kind.
    private static func split(_ token: Substring, at mark: Character) -> (Substring, Int)? {
        guard let index = token.lastIndex(of: mark) else { return nil }
        let digits = token[token.index(after: index)...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits) else { return nil }
        return (token[..<index], number)
    }
}

/// The scenarios a record can ask for by the local part of its email, and their descriptions in `--help`.
package enum ScenarioCatalogue {
    struct Entry: Sendable {
        let name: String
        let meaning: String
        let action: Fault.Action
    }

    /// The scenarios as text for `--help`, one line each, without a final newline.
    package static var help: String {
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

    static let entries: [Entry] = errors + waits + gateways + refusals + connections + answers + shapes + seals

    private static let errors: [Entry] = [
        Entry(name: "400", meaning: "refused, not recoverable", action: .error(.status(400))),
        Entry(name: "400r", meaning: "refused, Recoverable true", action: .error(recoverable(.boolean(true)))),
        Entry(
            name: "400rs", meaning: "refused, Recoverable the string \"true\"",
            action: .error(recoverable(.text("true")))),
        Entry(
            name: "400d", meaning: "refused, could not be decrypted",
            action: .error(.undecryptable("encryptedData"))),
        Entry(name: "echo400", meaning: "refused, the record's values in every text", action: .echo(400)),
        Entry(name: "echo401", meaning: "unauthorized, likewise", action: .echo(401)),
        Entry(name: "bom400", meaning: "refused, a byte order mark before the error body", action: .error(marked)),
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

    private static let waits: [Entry] = [
        wait("429frac", "a fraction, 299.997", .text("299.997")), wait("429list", "a list, 2, 3", .text("2, 3")),
        wait("429days", "a date in two days", .until(172_800)), wait("429junk", "no time at all", .text("soon")),
        wait("429far", "a date that no clock can show", .text("1 Dec 1122110211")),
    ]

    private static func wait(_ name: String, _ meaning: String, _ wait: ErrorAnswer.Wait) -> Entry {
        Entry(name: name, meaning: "429, Retry-After: \(meaning)", action: .error(.status(429, waiting: wait)))
    }

    private static let gateways: [Entry] = [
        Entry(name: "html400", meaning: "an HTML page, as nginx refuses a certificate", action: .page(400)),
        Entry(name: "408", meaning: "a proxy's HTML page", action: .page(408)),
        Entry(name: "502", meaning: "a gateway's HTML page", action: .page(502)),
        Entry(name: "504", meaning: "a gateway's HTML page", action: .page(504)),
        Entry(name: "html503", meaning: "a gateway's HTML page", action: .page(503)),
        Entry(name: "html425", meaning: "a proxy's HTML page", action: .page(425)),
        Entry(name: "html500", meaning: "a gateway's HTML page", action: .page(500)),
        Entry(name: "redirect", meaning: "302 to another address", action: .redirect),
    ]

    /// Refusals of one record, by a gateway's page or with the API's error body.
    private static let refusals: [Entry] = [413, 414, 415, 422, 431, 451].flatMap { status in
        [
            Entry(name: "\(status)", meaning: "a gateway's HTML page", action: .page(status)),
            Entry(name: "\(status)e", meaning: "\(status) with the API's error body", action: .error(.status(status))),
        ]
    }

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
        Entry(name: "empty", meaning: "200 without a body", action: .empty),
        Entry(name: "gzip", meaning: "200 in gzip, unless the request forbids it", action: .coded),
        Entry(name: "mismatch", meaning: "200, requestRefId is not X-MC-Correlation-ID", action: .mismatched),
        Entry(name: "replay", meaning: "200, the answer to the first call of this scenario", action: .replayed),
        Entry(name: "201", meaning: "the insights with status 201", action: .insights(status: 201, seal: .ordinary)),
        Entry(name: "plain", meaning: "200, the insights not encrypted", action: .insights(status: 200, seal: .plain)),
    ]

    private static let shapes = AnswerShape.allCases.map {
        Entry(name: $0.rawValue, meaning: $0.meaning, action: .misshapen($0))
    }

    private static let seals: [Entry] =
        [
            sealed("wrongkey", "200, encrypted to another key", .wrongKey),
            sealed("badtag", "200, the authentication tag changed", .badTag),
        ]
        + AnswerEncryption.allCases.map { sealed($0.rawValue, $0.meaning, .content($0)) }

    private static func sealed(_ name: String, _ meaning: String, _ seal: AnswerSeal) -> Entry {
        Entry(name: name, meaning: meaning, action: .insights(status: 200, seal: seal))
    }

    private static var marked: ErrorAnswer {
        var answer = ErrorAnswer.status(400)
        answer.isMarked = true
        return answer
    }

    private static func recoverable(_ value: ErrorAnswer.Recoverable) -> ErrorAnswer {
        var answer = ErrorAnswer.status(400)
        answer.recoverable = value
        return answer
    }
}
