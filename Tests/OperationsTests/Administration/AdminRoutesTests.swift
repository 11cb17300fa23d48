import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Who is answered what by the administration")
struct AdminRoutesTests {
    private let folder: TemporaryFolder
    private let tokens: AdminTokens
    private let clock = HeldClock()

    init() throws {
        folder = try TemporaryFolder()
        tokens = AdminTokens(keysFolder: folder.path)
    }

    private func routes(
        _ access: Settings.Administration.MetricsAccess = .token, whyNotReady: String? = nil
    ) -> AdminRoutes {
        AdminRoutes(
            tokens: tokens, metricsAccess: access, clock: clock,
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), whyNotReady: { whyNotReady }
        ) {
            var text = MetricsText()
            text.add("rollcall_calls_in_flight", .gauge, "Calls.", 3)
            return text
        }
    }

    @Test(arguments: [
        ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("GET", "/readyz", 200), ("POST", "/healthz", 405),
        ("GET", "/", 404), ("GET", "/metrics/", 404), ("POST", "/metrics", 405), ("GET", "/metrics", 401),
        ("GET", "/batches", 404),
    ])
    func withoutAToken(method: String, path: String, status: Int) async {
        #expect(await routes().answer(AdminRequest(method: method, path: path)).status == status)
    }

    @Test func metricsWantATokenOfAnyRoleUnlessTheyAreOpen() async throws {
        let (viewer, op) = (try tokens.make(.viewer), try tokens.make(.operator))
        let routes = routes()
        for authorization in ["Bearer \(viewer)", "bearer \(op)"] {
            let answer = await routes.answer(
                AdminRequest(method: "GET", path: "/metrics", authorization: authorization))
            #expect(answer.status == 200 && answer.text.hasSuffix("\nrollcall_calls_in_flight 3\n"))
        }
        let wrong = viewer.dropLast() + (viewer.hasSuffix("0") ? "1" : "0")
        for authorization in ["Bearer \(wrong)", "Basic \(viewer)", "Bearer", viewer, ""] {
            let answer = await routes.answer(
                AdminRequest(method: "GET", path: "/metrics", authorization: authorization))
            #expect(answer.status == 401 && answer.fields["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
        #expect(await self.routes(.open).answer(AdminRequest(method: "GET", path: "/metrics")).status == 200)
    }

    @Test func aNewTokenEndsTheFormerOfItsRoleAtOnce() async throws {
        let (first, other) = (try tokens.make(.viewer), try tokens.make(.operator))
        let second = try tokens.make(.viewer)
        #expect(try tokens.role(of: first) == nil)
        #expect(try tokens.role(of: second) == .viewer && tokens.role(of: other) == .operator)
        let file = try String(contentsOfFile: folder.path + "/" + AdminTokens.fileName, encoding: .utf8)
        for token in [first, second, other] { #expect(!file.contains(token)) }
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + AdminTokens.fileName)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func wrongTokensAreAnsweredMoreSlowlyAndARightOneNever() async throws {
        let token = try tokens.make(.viewer)
        let routes = routes()
        func status(_ token: String) async -> Int {
            await routes.answer(AdminRequest(method: "GET", path: "/metrics", authorization: "Bearer \(token)")).status
        }
        for _ in 0..<WrongTokens.most { #expect(await status("wrong") == 401) }
        #expect(await status("wrong") == 429)
        #expect(await status(token) == 200)
        clock.jump(to: clock.monotonic.advanced(byNanoseconds: WrongTokens.span.nanoseconds))
        #expect(await status("wrong") == 401)
    }

    @Test func whatKeepsTheDaemonFromItsWorkIsTold() async {
        let answer = await routes(whyNotReady: "the disk that holds the database is full").answer(
            AdminRequest(method: "GET", path: "/readyz"))
        #expect(answer == .notReady("the disk that holds the database is full"))
    }

    @Test func aDamagedFileOfTokensLetsNobodyIn() async throws {
        try Data("viewer\n".utf8).write(to: URL(filePath: folder.path + "/" + AdminTokens.fileName))
        let answer = await routes().answer(
            AdminRequest(method: "GET", path: "/metrics", authorization: "Bearer anything"))
        #expect(answer.status == 503)
    }
}
