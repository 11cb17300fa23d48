import Basics
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
    let beforeAnswer: (@Sendable () async -> Void)?
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
        await beforeAnswer?()
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

/// Sends the answer of a call that has been decided and logged, or carries out its fault.
struct Delivery: Sendable {
    /// The size of the answer that is too big.
    private static let bigBytes = 64 << 20

    let ruling: Ruling
    let sealer: AnswerSealer
    let generation: InsightsGeneration
    let replayed: ReplayedAnswer
    /// Whether the request leaves content codings open.
    let allowsCoding: Bool
    let connection: Connection

    func deliver(writer: consuming ResponseWriter) async throws {
        switch ruling.fault?.action {
        case .reset: connection.controls.reset()
        case .close: await connection.controls.close()
        case .hang: await hang()
        case .cutHead: await connection.controls.sendAndClose(try cut(ofBody: false))
        case .cutBody: await connection.controls.sendAndClose(try cut(ofBody: true))
        case .big: try await sendBig(writer: writer)
        default: try await send(try answer(), writer: writer)
        }
    }

    private func answer() throws -> EmulatedAnswer {
        switch ruling.fault?.action {
        case .error(let error): EmulatedAnswer(error)
        case .echo(let status): EmulatedAnswer(.echo(of: ruling.request, status: status))
        case .page(let status): EmulatedAnswer(page: status)
        case .redirect: EmulatedAnswer(redirectTo: "https://127.0.0.1/elsewhere")
        case .garbage: EmulatedAnswer(status: 200, json: Array(#"{"encryptedData":"eyJ, <no end"#.utf8))
        case .misshapen(let shape): EmulatedAnswer(status: 200, json: try insights(sealed: .ordinary, in: shape))
        case .mismatched: EmulatedAnswer(status: 200, json: try insights(sealed: .ordinary, as: Correlation.new()))
        case .replayed:
            replayed.replaying(
                EmulatedAnswer(status: 200, json: try insights(sealed: .ordinary)),
                correlationID: ruling.call.correlationID)
        case .coded where allowsCoding: try coded()
        case .empty: EmulatedAnswer(status: 200, json: [])
        case .insights(let status, let seal): EmulatedAnswer(status: status, json: try insights(sealed: seal))
        default: EmulatedAnswer(status: 200, json: try insights(sealed: .ordinary))
        }
    }

    private func insights(
        sealed seal: AnswerSeal, in shape: AnswerShape? = nil, as requestRefID: String? = nil
    ) throws -> [UInt8] {
        guard let request = ruling.request else { return [] }
        let requestRefID = requestRefID ?? ruling.call.correlationID
        let insights = Insights(for: request, generation: generation).answer(requestRefID: requestRefID)
        return try sealer.body(shape?.text(of: insights, requestRefID: requestRefID) ?? insights, sealed: seal)
    }

    private func coded() throws -> EmulatedAnswer {
        var answer = EmulatedAnswer(status: 200, json: Gzip.encode(try insights(sealed: .ordinary)))
        answer.headers.append(("Content-Encoding", "gzip"))
        return answer
    }

    private func cut(ofBody: Bool) throws -> [UInt8] {
        let whole = EmulatedAnswer(status: 200, json: try insights(sealed: .ordinary))
        return whole.bytes(correlationID: ruling.call.correlationID, upTo: 0.5, ofBody: ofBody)
    }

    private func send(_ answer: EmulatedAnswer, writer: consuming ResponseWriter) async throws {
        let body = ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        try await writer.write(response: answer.head(correlationID: ruling.call.correlationID), body: body)
    }

    private func sendBig(writer: consuming ResponseWriter) async throws {
        let head = EmulatedAnswer(status: 200, json: [])
            .head(correlationID: ruling.call.correlationID, contentLength: Self.bigBytes)
        var body = try await writer.writeHead(head)
        let piece = ByteBuffer(repeating: UInt8(ascii: "A"), count: 1 << 20)
        for _ in 0..<(Self.bigBytes >> 20) { try await body.write(piece) }
        try await body.finish(nil)
    }

    /// Waits until the client has gone, or resets the connection when the emulator stops.
    private func hang() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            // A connection that ended with an error has ended as well.
            try? await connection.channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            connection.controls.reset()
        }
    }
}

/// The answer that something between client and API gives again and again: that of the first call it saw.
final class ReplayedAnswer: Sendable {
    private let first = Lock<EmulatedAnswer?>(nil)

    /// The first call's answer, which is this one where no other was first.
    ///
    /// - Parameters:
    ///   - answer: what the API answers to this call.
    ///   - correlationID: the identifier of this call, which a cache keeps with the answer.
    /// - Returns: the first call's.
    func replaying(_ answer: EmulatedAnswer, correlationID: String) -> EmulatedAnswer {
        first.withLock { first in
            if let first { return first }
            var kept = answer
            kept.correlationID = correlationID
            first = kept
            return kept
        }
    }
}
