import Basics
import Foundation
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import IdentityInsightsClient
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Settings

/// Answers HTTP where `admin.listen` says, for as long as the daemon lives.
struct AdminServer: Service {
    let settings: Settings.Administration
    /// What it shows itself with; nil: it speaks without TLS.
    let certificate: ServerCertificate?
    let routes: AdminRoutes
    /// What has changed since an open page was made.
    let changes: AdminChanges
    let attendance: Attendance
    let log: Logger

    /// Listens until it is cancelled; connections that are open then are closed.
    ///
    /// - Throws: `OperationFailure` that says why nobody can be heard there.
    func run() async throws {
        // It waits for others and works with nothing, so it is never late.
        attendance.leave(Administration.name)
        let server = try server()
        do {
            try await server.run()
        } catch let error as IOError {
            throw OperationFailure(
                .unfinished,
                "admin.listen: \(settings.listen.text) cannot be listened on (\(String(cString: strerror(error.errnoCode))))"
            )
        }
    }

    private func server() throws -> any Service {
        let responder: HTTPChannelHandler.Responder = { request, writer, channel in
            try await respond(to: request, from: channel.remoteAddress?.ipAddress ?? "", writer)
        }
        let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(30)))
        let builder = try certificate.map {
            try HTTPServerBuilder.tls(plain, tlsConfiguration: Self.configuration($0))
        }
        return try (builder ?? plain).buildServer(
            configuration: .init(address: .hostname(settings.listen.host, port: settings.listen.port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "administration", factory: { _ in SwiftLogNoOpLogHandler() }), responder: responder,
            onServerRunning: { [log] channel in
                log.notice(
                    "metrics and health checks are answered", metadata: ["port": "\(channel.localAddress?.port ?? 0)"])
            })
    }

    private func respond(
        to request: Request, from address: String, _ writer: consuming ResponseWriter
    ) async throws {
        let answer = await routes.answer(AdminRequest(request, from: address))
        let head = HTTPResponse(answer)
        guard request.method != .head else { return try await writer.writeResponse(head) }
        switch answer.body {
        case .text(let text):
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        case .file(let path, let byteCount):
            try await writer.write(response: head, body: Self.body(ofFile: path, byteCount: byteCount))
        case .events: try await writer.write(response: head, body: changes.stream)
        }
    }

    /// The first bytes of a file, so many as were announced: the file is renamed over when it is written again.
    private static func body(ofFile path: String, byteCount: Int) -> ResponseBody {
        ResponseBody(contentLength: byteCount) { writer in
            let file = try await BlockingWork.run { try FileHandle(forReadingFrom: URL(filePath: path)) }
            var rest = byteCount
            while rest > 0 {
                let portion = min(rest, 256 << 10)
                guard let data = try await BlockingWork.run({ try file.read(upToCount: portion) }), !data.isEmpty else {
                    break
                }
                rest -= data.count
                try await writer.write(ByteBuffer(bytes: data))
            }
            try await writer.finish(nil)
        }
    }

    private static func configuration(_ certificate: ServerCertificate) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(certificate.chain).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(bytes: certificate.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return configuration
        } catch {
            // What OpenSSL's kin says of a file may hold some of it.
            throw OperationFailure(
                .configuration, "admin.certificate and admin.key: these PEM files cannot be used")
        }
    }
}

extension AdminRequest {
    fileprivate init(_ request: Request, from address: String) {
        let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = request.head.headerFields.map { ($0.name.canonicalName, $0.value) }
        self.init(
            method: request.head.method.rawValue, path: String(target[0]),
            query: target.count > 1 ? String(target[1]) : "", address: address,
            fields: Dictionary(fields, uniquingKeysWith: { $1 })
        ) { limit in
            var bytes: [UInt8] = []
            // Room for all of it at once, or it is copied each time that it outgrows what there is.
            let announced = request.head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            guard announced <= limit else { return nil }
            bytes.reserveCapacity(max(0, announced))
            for try await buffer in request.body {
                guard bytes.count + buffer.readableBytes <= limit else { return nil }
                bytes.append(contentsOf: buffer.readableBytesView)
            }
            return bytes
        }
        self.fields["host"] = request.head.authority ?? self.fields["host"]
    }
}

extension HTTPResponse {
    /// A page runs no script and loads nothing but what this server has, nobody else's page shows it or learns of it, and
    /// nothing of it is stored (CSP Level 3; RFC 9111 §5.2.2.5). With `no-referrer` a form's `Origin` would be `null`.
    private static let protection: [String: String] = [
        "Content-Security-Policy":
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
    ]

    fileprivate init(_ answer: AdminAnswer) {
        self.init(status: .init(code: answer.status))
        headerFields = [.contentType: answer.contentType]
        switch answer.body {
        case .text(let text): headerFields[.contentLength] = "\(text.utf8.count)"
        case .file(_, let byteCount): headerFields[.contentLength] = "\(byteCount)"
        case .events: break
        }
        for (name, value) in Self.protection.merging(answer.fields, uniquingKeysWith: { $1 }) {
            if let name = HTTPField.Name(name) { headerFields[name] = value }
        }
    }
}
