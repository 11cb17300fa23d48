import HTTPTypes
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// The API itself: `POST /identity/accounts/openings`, and an error body for everything else.
struct OpeningsAPI: Sendable {
    /// The path of the one resource.
    static let path = "/identity/accounts/openings"
    /// A record's request is a few kilobytes; this is the most the emulator reads.
    private static let largestRequest = 1 << 20

    let keys: KeysInUse
    let judge: CallJudge
    let log: CallLog
    let generation: InsightsGeneration
    let replayed = ReplayedAnswer()

    /// Serves one request of a connection.
    func respond(
        to request: Request, writer: consuming ResponseWriter, on connection: Connection
    ) async throws {
        let verdict = try await keys.present.check.verdict(on: connection.channel)
        guard verdict == .accepted else {
            try await refuse(verdict, of: request, writer: writer)
            return
        }
        guard request.uri.path == Self.path, request.method == .post else {
            let answer: ErrorAnswer = request.uri.path == Self.path ? .methodNotAllowed : .notFound
            try await send(EmulatedAnswer(answer), Correlation.new(), writer: writer)
            return
        }
        try await respondToCall(request, writer: writer, on: connection)
    }

    private func respondToCall(
        _ request: Request, writer: consuming ResponseWriter, on connection: Connection
    ) async throws {
        if judge.resetsArrival() {
            connection.controls.reset()
            return
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.largestRequest)
        } catch is NIOTooManyBytesError {
            try await send(EmulatedAnswer(.tooLarge), Correlation.new(), writer: writer)
            return
        }
        let ruling = judge.rule(on: Array(body.readableBytesView))
        try await carryOut(ruling, allowsCoding: Self.allowsCoding(request), writer: writer, on: connection)
    }

    /// Logs the call, then waits, then answers or carries out the fault.
    private func carryOut(
        _ ruling: Ruling, allowsCoding: Bool, writer: consuming ResponseWriter, on connection: Connection
    ) async throws {
        do throws(EmulatorError) {
            try log.record(ruling.call)
        } catch {
            try await send(EmulatedAnswer(.logFailed), ruling.call.correlationID, writer: writer)
            return
        }
        if ruling.delay > .zero { try await Task.sleep(for: ruling.delay) }
        let delivery = Delivery(
            ruling: ruling, sealer: keys.present.sealer, generation: generation, replayed: replayed,
            allowsCoding: allowsCoding,
            connection: connection)
        try await delivery.deliver(writer: writer)
    }

    /// RFC 9110 §12.5.3: without the field any content coding is acceptable.
    private static func allowsCoding(_ request: Request) -> Bool {
        request.headers[.acceptEncoding].map { $0.contains("gzip") || $0.contains("*") } ?? true
    }

    private func refuse(
        _ verdict: CertificateCheck.Verdict, of request: Request, writer: consuming ResponseWriter
    ) async throws {
        if request.uri.path == Self.path, request.method == .post { try log.record(judge.ruleOnCertificate().call) }
        let explanation =
            verdict == .missing ? "No required SSL certificate was sent" : "The SSL certificate error"
        try await send(EmulatedAnswer(page: 400, explanation: explanation), Correlation.new(), writer: writer)
    }

    private func send(_ answer: EmulatedAnswer, _ correlationID: String, writer: consuming ResponseWriter) async throws
    {
        let body = ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        try await writer.write(response: answer.head(correlationID: correlationID), body: body)
    }
}
