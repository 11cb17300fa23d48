import Testing

@testable import HTTPTransport

@Suite struct TransferFactsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let facts: @Sendable () -> TransferFacts
        let verdict: TransferFacts.Verdict
        let mayHaveLeft: Bool
    }

    private static func unsent(_ end: TransferEnd, alert: Int? = nil) -> TransferFacts {
        TransferFacts(end: end, alert: alert)
    }

    private static func sent(_ end: TransferEnd, header: Int = 0, ended: Bool = false, alert: Int? = nil)
        -> TransferFacts
    {
        TransferFacts(
            end: end, reachedRequest: true, sentBytes: 100, headerBytes: header, headerEnded: ended, alert: alert)
    }

    private static func stopped(_ stop: TransferFacts.Stop, sent: Int) -> TransferFacts {
        TransferFacts(end: .other, reachedRequest: true, stop: stop, sentBytes: sent)
    }

    private static func row(
        _ name: String, _ facts: @autoclosure @escaping @Sendable () -> TransferFacts,
        _ verdict: TransferFacts.Verdict, mayHaveLeft: Bool
    ) -> Case {
        Case(testDescription: name, facts: facts, verdict: verdict, mayHaveLeft: mayHaveLeft)
    }

    private static let table = [
        row("answered", sent(.done, header: 20, ended: true), .answered, mayHaveLeft: true),
        row("header cut", sent(.done, header: 20), .failed(.truncated), mayHaveLeft: true),
        row(
            "no length, no close_notify",
            TransferFacts(end: .done, reachedRequest: true, sentBytes: 9, headerEnded: true, isOpenEnded: true),
            .failed(.truncated), mayHaveLeft: true),
        row("no header", sent(.done), .failed(.truncated), mayHaveLeft: true),
        row("stale", stopped(.staleConnection, sent: 0), .sendOnFreshConnection, mayHaveLeft: false),
        row("second send, first unsent", stopped(.secondSend, sent: 0), .sendOnFreshConnection, mayHaveLeft: false),
        row("second send", stopped(.secondSend, sent: 1), .failed(.reset), mayHaveLeft: true),
        row("too late", stopped(.tooLate, sent: 0), .failed(.cancelled), mayHaveLeft: false),
        row("refused", unsent(.unreachable), .failed(.couldNotConnect), mayHaveLeft: false),
        row("connect timeout", unsent(.timedOut), .failed(.couldNotConnect), mayHaveLeft: false),
        row("proxy refused", unsent(.cut), .failed(.couldNotConnect), mayHaveLeft: false),
        row("handshake", unsent(.handshake), .failed(.tlsHandshake), mayHaveLeft: false),
        row("old version", unsent(.handshake, alert: 70), .failed(.tlsHandshake), mayHaveLeft: false),
        row("alert 48", unsent(.handshake, alert: 48), .failed(.certificateRefused), mayHaveLeft: false),
        row("alert 116 later", sent(.cut, alert: 116), .failed(.certificateRefused), mayHaveLeft: true),
        row("alert 51 later", sent(.cut, alert: 51), .failed(.certificateRefused), mayHaveLeft: true),
        row("alert 80 later", sent(.cut, alert: 80), .failed(.reset), mayHaveLeft: true),
        row(
            "alert 42, answered before",
            TransferFacts(end: .cut, reachedRequest: true, sentBytes: 9, alert: 42, isReused: true),
            .failed(.certificateRefusedLater), mayHaveLeft: true),
        row(
            "alert 42, answered before, nothing sent",
            TransferFacts(end: .cut, reachedRequest: true, alert: 42, isReused: true),
            .failed(.certificateRefusedLater), mayHaveLeft: false),
        row(
            "alert 42 inside the answer", sent(.cut, header: 20, alert: 42), .failed(.certificateRefusedLater),
            mayHaveLeft: true),
        row(
            "alert 80, answered before",
            TransferFacts(end: .cut, reachedRequest: true, sentBytes: 9, alert: 80, isReused: true), .failed(.reset),
            mayHaveLeft: true),
        row(
            "proxy says 403", TransferFacts(end: .cut, proxyStatus: 403), .failed(.proxyRefused), mayHaveLeft: false),
        row(
            "proxy says 407", TransferFacts(end: .other, proxyStatus: 407), .failed(.proxyRefused), mayHaveLeft: false),
        row(
            "proxy says 504", TransferFacts(end: .cut, proxyStatus: 504), .failed(.couldNotConnect),
            mayHaveLeft: false),
        row(
            "server refused behind a proxy", TransferFacts(end: .theirCertificate, proxyStatus: 200),
            .failed(.serverCertificate), mayHaveLeft: false),
        row("our key unusable", unsent(.ourCertificate), .failed(.certificateRefused), mayHaveLeft: false),
        row("their name", unsent(.theirCertificate), .failed(.serverCertificate), mayHaveLeft: false),
        row("reset", sent(.cut), .failed(.reset), mayHaveLeft: true),
        row("cut in the header", sent(.cut, header: 20), .failed(.truncated), mayHaveLeft: true),
        row("body cut", sent(.short, header: 20, ended: true), .failed(.truncated), mayHaveLeft: true),
        row("timeout", sent(.timedOut), .failed(.timedOut), mayHaveLeft: true),
        row("not HTTP", sent(.other), .failed(.other), mayHaveLeft: true),
        row(
            "write failed at once", TransferFacts(end: .cut, reachedRequest: true), .failed(.reset),
            mayHaveLeft: false),
        row(
            "oversized", TransferFacts(end: .other, reachedRequest: true, sentBytes: 9, isOversized: true),
            .failed(.oversized), mayHaveLeft: true),
        row(
            "cancelled before", TransferFacts(isCancelled: true), .failed(.cancelled),
            mayHaveLeft: false),
        row(
            "cancelled after",
            TransferFacts(isCancelled: true, reachedRequest: true, sentBytes: 9),
            .failed(.cancelled), mayHaveLeft: true),
    ]

    @Test(arguments: table)
    func factsMeanWhatTheyShould(row: Case) {
        #expect(row.facts().verdict == row.verdict)
        #expect(row.facts().mayHaveLeft == row.mayHaveLeft)
    }

    @Test(arguments: HTTPFailure.Kind.allCases)
    func everyKindHasASentence(kind: HTTPFailure.Kind) {
        let message = HTTPFailure.message(for: kind, alert: 48, detail: "detail")
        #expect(message.hasSuffix("."))
        #expect(message.contains("TLS alert 48") == [.certificateRefused, .certificateRefusedLater].contains(kind))
    }
}
