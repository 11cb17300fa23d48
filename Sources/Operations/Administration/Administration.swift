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

/// The administration of a daemon: its pages, its JSON, metrics and health checks, at one address.
struct Administration: Service {
    static let name = "administration"
    let settings: Settings.Administration
    let context: DaemonContext
    /// What open pages are told of.
    let changes: AdminChanges

    /// Answers until it is cancelled.
    ///
    /// - Throws: `OperationFailure` that says why nobody can be heard there.
    func run() async throws {
        try await AdminServer(
            settings: settings, configuration: context.inForce, routes: routes(), changes: changes,
            attendance: context.attendance, log: context.log
        ).run()
    }

    /// What is answered to whom.
    ///
    /// - Throws: What is wrong with a template, which no installation can bring about.
    func routes() throws -> AdminRoutes {
        let pages = try AdminPages(context: context)
        let access = AdminAccess(
            tokens: AdminTokens(keysFolder: context.settings.keysFolder), clock: context.clock,
            isSecure: settings.tls != nil)
        let metrics = DaemonMetrics(context: context)
        let handlers = AdminRoutes.Handlers(
            whyNotReady: { try await context.whyNotReady() }, metrics: { try await metrics.read() },
            signIn: { pages.signIn(problem: $0, next: $1) }, signedIn: { try await pages.note($0) },
            refused: { try await pages.noteRefusal(from: $0) },
            visit: { try await pages.answer($0) })
        return AdminRoutes(
            access: access, metricsAccess: settings.metrics, handlers: handlers,
            uploads: URL(filePath: context.settings.databaseFiles).deletingLastPathComponent().path, log: context.log)
    }
}

/// Answers HTTP where `admin.listen` says, for as long as the daemon lives.
private struct AdminServer: Service {
    let settings: Settings.Administration
    /// Has what it shows itself with at each handshake.
    let configuration: ConfigurationInForce
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
        let builder = try configuration.value.adminCertificate.map {
            try HTTPServerBuilder.tls(plain, tlsConfiguration: $0.tls(for: configuration))
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
}

extension AdminRequest {
    fileprivate init(_ request: Request, from address: String) {
        let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = request.head.headerFields.map { ($0.name.canonicalName, $0.value) }
        self.init(
            method: request.head.method.rawValue, path: String(target[0]),
            query: target.count > 1 ? String(target[1]) : "", address: address,
            fields: Dictionary(fields, uniquingKeysWith: { $1 })
        ) { limit, take in
            let announced = request.head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
            guard announced <= limit else { return false }
            var count = 0
            for try await buffer in request.body {
                count += buffer.readableBytes
                guard count <= limit else { return false }
                try take(Array(buffer.readableBytesView)[...])
            }
            return true
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

/// What the administration shows itself with, ready for handshakes; it is exchanged with the rest of the configuration.
struct AdminCertificate: Sendable {
    /// The server's own certificate first.
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
    /// Each certificate of the chain, by the time at which it ends.
    let datedKeys: [DatedKey]

    /// Prepares the files of `admin.certificate` and `admin.key`.
    ///
    /// - Throws: `OperationFailure` where they cannot be used.
    init(_ certificate: ServerCertificate) throws {
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificate.chain).map { .certificate($0) }
            key = .privateKey(try NIOSSLPrivateKey(bytes: certificate.key, format: .pem))
        } catch {
            // What OpenSSL's kin says of a file may hold some of it.
            throw OperationFailure(
                .configuration, "admin.certificate and admin.key: these PEM files cannot be used")
        }
        datedKeys = certificate.datedKeys
    }

    /// How connections are encrypted.
    ///
    /// - Parameter configuration: What is in force, which is asked at each handshake: connections keep what they began
    ///   with.
    /// - Returns: What the server is built with.
    func tls(for configuration: ConfigurationInForce) -> TLSConfiguration {
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        tls.minimumTLSVersion = .tlsv12
        tls.sslContextCallback = { _, promise in
            var present = NIOSSLContextConfigurationOverride()
            if let certificate = configuration.value.adminCertificate {
                present.certificateChain = certificate.chain
                present.privateKey = certificate.key
            }
            promise.succeed(present)
        }
        return tls
    }
}
