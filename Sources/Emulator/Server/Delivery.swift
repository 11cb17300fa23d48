import Basics
import HummingbirdCore
import NIOCore
import ServiceLifecycle

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
