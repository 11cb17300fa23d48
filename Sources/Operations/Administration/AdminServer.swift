import Basics
import Foundation
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Settings

/// Answers HTTP where `admin.listen` says, for as long as the daemon lives.
struct AdminServer: Service {
    static let name = "administration"
    let settings: Settings.Administration
    let routes: AdminRoutes
    let attendance: Attendance
    let log: Logger

    /// Listens until it is cancelled; connections that are open then are closed.
    ///
    /// - Throws: `OperationFailure` that says why nobody can be heard there.
    func run() async throws {
        // It waits for others and works with nothing, so it is never late.
        attendance.leave(Self.name)
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
        let responder: HTTPChannelHandler.Responder = { [routes] request, writer, _ in
            let answer = await routes.answer(AdminRequest(request))
            let body = ByteBuffer(string: answer.text)
            let head = HTTPResponse(answer, length: body.readableBytes)
            if request.method == .head {
                try await writer.writeResponse(head)
            } else {
                try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
            }
        }
        let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(30)))
        let builder = try settings.tls.map {
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

    private static func configuration(_ tls: Settings.Administration.TLS) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
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
    fileprivate init(_ request: Request) {
        method = request.head.method.rawValue
        let target = request.head.path ?? "/"
        path = String(target.prefix { $0 != "?" })
        authorization = request.head.headerFields[.authorization]
    }
}

extension HTTPResponse {
    fileprivate init(_ answer: AdminAnswer, length: Int) {
        self.init(status: .init(code: answer.status))
        headerFields = [
            .contentType: answer.contentType, .contentLength: "\(length)", .cacheControl: "no-store",
            .xContentTypeOptions: "nosniff",
        ]
        for (name, value) in answer.fields {
            if let name = HTTPField.Name(name) { headerFields[name] = value }
        }
    }
}
