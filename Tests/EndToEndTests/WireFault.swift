import RecordStore
import TestSupport

/// One thing that can come back instead of a sound answer, byte for byte, and what has to become of its record.
struct WireFault: Sendable {
    let name: String
    let reaction: ScriptedServer.Reaction
    /// How the request is broken off before the server has read it; nil: it is read to its end.
    var interruption: ScriptedServer.Ending?
    /// So many requests meet it; those after it are answered.
    var times = Int.max
    let status: RecordStatus
    let outcome: AttemptOutcome
    let calls: Int
    let billable: Billable
    let exit: Int32

    /// It may have been billed, and nobody knows.
    private static func doubt(_ name: String, _ reaction: ScriptedServer.Reaction) -> WireFault {
        WireFault(
            name: name, reaction: reaction, status: .inDoubt, outcome: .inDoubt, calls: 1, billable: .unknown, exit: 4)
    }

    private static func doubt(_ name: String, _ text: String, then end: ScriptedServer.Ending? = .fin) -> WireFault {
        doubt(name, .raw(Array(text.utf8), then: end))
    }

    /// A part of the request left, as much as this side can know.
    private static func broken(_ name: String, _ interruption: ScriptedServer.Ending) -> WireFault {
        WireFault(
            name: name, reaction: .hold, interruption: interruption, status: .inDoubt, outcome: .inDoubt, calls: 1,
            billable: .unknown, exit: 4)
    }

    /// It was billed, and is of no use.
    private static func lost(
        _ name: String, _ bytes: [UInt8], as outcome: AttemptOutcome = .undecipherable, billable: Billable = .yes
    ) -> WireFault {
        WireFault(
            name: name, reaction: .raw(bytes, then: nil), status: .inDoubt, outcome: outcome, calls: 1,
            billable: billable, exit: 4)
    }

    private static func fine(_ name: String, _ bytes: [UInt8], then end: ScriptedServer.Ending? = nil) -> WireFault {
        WireFault(
            name: name, reaction: .raw(bytes, then: end), status: .succeeded, outcome: .succeeded, calls: 1,
            billable: .yes, exit: 0)
    }

    /// Refused, and tried again once the wait is over.
    private static func again(_ name: String, status: Int, _ retryAfter: String) -> WireFault {
        WireFault(
            name: name, reaction: .answer(status: status, headers: [("Retry-After", retryAfter)]), times: 1,
            status: .succeeded, outcome: .succeeded, calls: 2, billable: .yes, exit: 0)
    }
}

extension WireFault {
    private static let body = #"{"requestRefId":"ID","insights":{"user":{"scores":{"identityRisk":12}}}}"#

    private static func head(_ status: String, _ fields: String...) -> String {
        "HTTP/1.1 \(status)\r\n" + fields.map { "\($0)\r\n" }.joined() + "\r\n"
    }

    /// An answer under its own identifier, in plain JSON, after which the connection is used again or is not.
    static func sound(id: String, header: String? = nil, connection: String = "keep-alive") -> [UInt8] {
        let body = body.replacing("ID", with: id)
        let fields = head(
            "200 OK", "X-MC-Correlation-ID: \(header ?? id)", "Connection: \(connection)",
            "Content-Length: \(body.utf8.count)")
        return Array((fields + body).utf8)
    }

    private static func whole(_ body: [UInt8], _ fields: String...) -> [UInt8] {
        let head = "HTTP/1.1 200 OK\r\n" + fields.map { "\($0)\r\n" }.joined()
        return Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    /// All of them. A batch each, so that none has neighbours whose answers would be taken into account.
    static let all: [WireFault] = breaks + shapes + answers + waits

    /// The connection ends, or nothing more comes.
    private static let breaks = [
        broken("reset-during-request", .reset), broken("fin-during-request", .fin),
        doubt("reset-after-request", .end(.reset)), doubt("fin-after-request", .end(.fin)),
        doubt("close-notify-after-request", .end(.closeNotify)), doubt("stall", .hold),
        doubt("reset-in-head", "HTTP/1.1 200 OK\r\nContent-", then: .reset),
        doubt("slow-head", .drip(after: [], Array("HTTP/1.1 200 OK\r\n".utf8))),
        doubt(
            "slow-body",
            .drip(after: Array(head("200 OK", "Content-Length: 100").utf8), Array(#"{"insights":{}}"#.utf8))),
        doubt("stall-in-head", "HTTP/1.1 200 OK\r\nContent-", then: nil),
        doubt("fin-in-head", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"),
        doubt("stall-in-body", head("200 OK", "Content-Length: 100") + "{", then: nil),
        doubt("reset-in-body", head("200 OK", "Content-Length: 100") + "{", then: .reset),
        doubt("truncated", head("200 OK", "Content-Length: 100") + "{"),
        doubt("chunks-without-end", head("200 OK", "Transfer-Encoding: chunked") + "2\r\n{}\r\n", then: nil),
        doubt("chunks-cut-off", head("200 OK", "Transfer-Encoding: chunked") + "2\r\n{}\r\n"),
        doubt("broken-chunk", head("200 OK", "Transfer-Encoding: chunked") + "zz\r\n{}\r\n"),
    ]

    /// What is not HTTP, or HTTP as few write it.
    private static let shapes = [
        doubt("another-protocol", "SSH-2.0-OpenSSH_9.2\r\n"), doubt("zeros", .raw([0, 0, 0, 0], then: .fin)),
        doubt("only-continue", head("100 Continue")),
        doubt("two-lengths", head("200 OK", "Content-Length: 2", "Content-Length: 3") + "{}"),
        doubt("negative-length", head("200 OK", "Content-Length: -1") + "{}"),
        doubt("empty-200", head("200 OK", "Content-Length: 0"), then: nil),
        fine("hints-first", Array(head("103 Early Hints", "Link: </a>").utf8) + sound(id: "hints")),
        fine("until-the-end", Array((head("200 OK") + body.replacing("ID", with: "end")).utf8), then: .closeNotify),
        fine(
            "http-1.0", Array(("HTTP/1.0 200 OK\r\n\r\n" + body.replacing("ID", with: "one-point-zero")).utf8),
            then: .closeNotify),
    ]

    /// Answers that are whole and of no use.
    private static let answers = [
        lost("html", whole(Array("<html>Welcome</html>".utf8), "Content-Type: text/html")),
        lost("gzip", whole([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "Content-Encoding: gzip")),
        lost("not-text", whole([0xFF, 0xFE, 0, 1])), lost("half-an-object", whole(Array(#"{"insights":"#.utf8))),
        lost("no-token", whole(Array(#"{"encryptedData":"e30.AA.AA.AA.AA"}"#.utf8))),
        lost("created", Array((head("201 Created", "Content-Length: 2") + "{}").utf8)),
        lost("too-large", whole([UInt8](repeating: 0x20, count: 2 << 20)), as: .inDoubt),
        lost("of-another-call", sound(id: "own", header: "another"), as: .repeated, billable: .unknown),
        fine("first-of-two", sound(id: "twice")),
        lost("replayed", sound(id: "twice"), as: .repeated, billable: .unknown),
    ]

    /// `Retry-After` in every form.
    private static let waits = [
        again("wait-seconds", status: 429, "1"), again("wait-nothing", status: 429, "0"),
        again("wait-fraction", status: 503, "0.2"), again("wait-past", status: 503, "Sun, 06 Nov 1994 08:49:37 GMT"),
        again("wait-old-form", status: 429, "Sunday, 06-Nov-94 08:49:37 GMT"),
        again("wait-asctime", status: 429, "Sun Nov  6 08:49:37 1994"), again("wait-list", status: 429, "0, 1"),
        again("wait-word", status: 429, "soon"),
    ]
}
