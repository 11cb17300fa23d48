import Basics
import Foundation
import JobRunner
import Logging
import RecordStore
import Settings
import TestSupport
import Testing

@testable import Operations

@Suite("Who is answered what by the administration", .timeLimit(.minutes(15)))
struct AdminRoutesTests {
    private let folder: TemporaryFolder
    private let tokens: AdminTokens
    private let clock = HeldClock()

    init() throws {
        folder = try TemporaryFolder()
        tokens = AdminTokens(keysFolder: folder.path)
    }

    private func routes(
        _ access: Settings.Administration.MetricsAccess = .token, whyNotReady: String? = nil, isSecure: Bool = false,
        refused: @escaping @Sendable (String) -> Void = { _ in },
        visit: (@Sendable (AdminRoutes.Visit) async throws -> AdminAnswer)? = nil
    ) -> AdminRoutes {
        let handlers = AdminRoutes.Handlers(
            whyNotReady: { whyNotReady },
            metrics: {
                var text = MetricsText()
                text.add("rollcall_calls_in_flight", .gauge, .node, "Calls.", 3)
                return text
            },
            signIn: { AdminAnswer.page("sign in: \($0 ?? "-") \($1 ?? "-")") }, signedIn: { _ in },
            refused: refused,
            visit: visit ?? { visit in
                AdminAnswer(
                    status: 200, text: "\(visit.path) for \(visit.visitor.role.rawValue) \(visit.form["x"] ?? "")")
            })
        return AdminRoutes(
            access: AdminAccess(tokens: tokens, clock: clock, isSecure: isSecure), metricsAccess: access,
            handlers: handlers, uploads: folder.path,
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func request(
        _ method: String, _ path: String, token: String? = nil, cookie: String? = nil, form: String? = nil,
        fields: [String: String] = [:], from address: String = "127.0.0.1"
    ) -> AdminRequest {
        let parts = path.split(separator: "?", maxSplits: 1)
        var request = AdminRequest(
            method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", address: address,
            fields: fields)
        if let token { request.fields["authorization"] = "Bearer \(token)" }
        if let cookie { request.fields["cookie"] = "other=1; rollcall=\(cookie)" }
        if let form {
            request.fields["content-type"] = "application/x-www-form-urlencoded"
            request.pieces = { limit, take in
                guard form.utf8.count <= limit else { return false }
                try take(Array(form.utf8)[...])
                return true
            }
        }
        return request
    }

    /// Signs in.
    ///
    /// - Returns: The cookie's value.
    private func session(_ routes: AdminRoutes, _ token: String) async throws -> String {
        let answer = await routes.answer(request("POST", "/sign-in", form: "token=\(token)"))
        #expect(answer.status == 303 && answer.fields["Location"] == "/")
        let cookie = try #require(answer.fields["Set-Cookie"])
        #expect(cookie.contains("; HttpOnly; SameSite=Strict") && cookie.contains("; Path=/"))
        return String(try #require(cookie.dropFirst("rollcall=".count).split(separator: ";").first))
    }

    /// The key that the forms of a session carry.
    private func formKey(_ routes: AdminRoutes, _ cookie: String) async throws -> String {
        guard case .visitor(let visitor) = try await routes.access.verdict(on: request("GET", "/", cookie: cookie))
        else {
            throw OperationFailure(.usage, "not signed in")
        }
        return try #require(visitor.formKey)
    }

    @Test(arguments: [
        ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("GET", "/readyz", 200), ("POST", "/healthz", 405),
        ("GET", "/metrics/", 404), ("POST", "/metrics", 405), ("GET", "/metrics", 401), ("DELETE", "/batches/a", 405),
        ("GET", "/batches/a%2", 400), ("GET", "/batches/a%2Fb", 400), ("GET", "/batches/%ff", 400), ("GET", "/no", 404),
        ("GET", "/api/v1/status", 401), ("GET", "/events", 401), ("GET", "/", 303), ("GET", "/batches/a%20b", 303),
        ("POST", "/batches/a/pause", 303), ("GET", "/style.css", 200), ("GET", "/sign-in", 200),
    ])
    func withoutAToken(method: String, path: String, status: Int) async {
        #expect(await routes().answer(request(method, path)).status == status)
    }

    @Test("All checks are run for an operator only, by script as by the button")
    func doctorByScript() async throws {
        func status(_ role: AdminTokens.Role) async throws -> Int {
            let token = try tokens.make(role)
            return await routes().answer(request("GET", "/api/v1/doctor", token: token)).status
        }
        #expect(try await status(.viewer) == 403)
        #expect(try await status(.operator) == 200)
    }

    @Test func whoIsNotSignedInIsLedThereAndBackAgain() async throws {
        let token = try tokens.make(.viewer)
        let routes = routes()
        let led = await routes.answer(request("GET", "/batches?state=halted"))
        #expect(led.fields["Location"] == "/sign-in?next=%2Fbatches%3Fstate%3Dhalted")
        let asked = await routes.answer(request("GET", "/sign-in?next=%2Fbatches%3Fstate%3Dhalted"))
        #expect(asked.text == "sign in: - /batches?state=halted")
        let answer = await routes.answer(
            request("POST", "/sign-in", form: "token=%20\(token)%0A&next=%2Fbatches%3Fstate%3Dhalted"))
        #expect(answer.fields["Location"] == "/batches?state=halted")
    }

    @Test(arguments: [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/no", "batches", "/batches\r\nX: y",
    ])
    func nobodyIsLedElsewhere(next: String) async throws {
        let token = try tokens.make(.viewer)
        let answer = await routes().answer(
            request("POST", "/sign-in", form: "token=\(token)&next=\(PercentCoding.encoded(next))"))
        #expect(answer.fields["Location"] == "/")
    }

    @Test func aSessionServesReadingAndFormsWithItsKeyOnly() async throws {
        let routes = routes()
        let cookie = try await session(routes, tokens.make(.operator))
        for path in ["/", "/batches/a%20b", "/metrics", "/api/v1/status"] {
            #expect(await routes.answer(request("GET", path, cookie: cookie)).status == 200)
        }
        #expect(
            await routes.answer(request("GET", "/batches/a%20b", cookie: cookie)).text == "batch(\"a b\") for operator "
        )
        let key = try await formKey(routes, cookie)
        func status(_ form: String, _ fields: [String: String] = [:], path: String = "/batches/a/pause") async -> Int {
            await routes.answer(request("POST", path, cookie: cookie, form: form, fields: fields)).status
        }
        #expect(await status("x=1&form_key=\(key)") == 200)
        #expect(await status("x=1") == 403)
        #expect(await status("form_key=\(key.dropLast())\(key.last == "0" ? "1" : "0")") == 403)
        #expect(await status("form_key=\(key)", ["origin": "http://127.0.0.1:8377", "host": "127.0.0.1:8377"]) == 200)
        #expect(await status("form_key=\(key)", ["origin": "http://evil.example", "host": "127.0.0.1:8377"]) == 403)
        #expect(await status("form_key=\(key)", ["origin": "null", "host": "127.0.0.1:8377"]) == 403)
        #expect(await status("form_key=%zz") == 400)
        #expect(await status("x=\(String(repeating: "a", count: AdminRoutes.formLimit))&form_key=\(key)") == 413)
        // What scripts send takes a token, which no page of another site can have sent along.
        #expect(await status("form_key=\(key)", path: "/api/v1/batches/a/pause") == 401)
    }

    @Test func aViewerLooksAndAnOperatorActs() async throws {
        let (viewer, op) = (try tokens.make(.viewer), try tokens.make(.operator))
        let routes = routes()
        for (path, form) in [("/batches/a/pause", "x=1"), ("/api/v1/batches/a/pause", "x=1"), ("/health", "x=1")] {
            #expect(await routes.answer(request("POST", path, token: viewer, form: form)).status == 403)
            #expect(await routes.answer(request("POST", path, token: op, form: form)).status == 200)
        }
        #expect(await routes.answer(request("GET", "/batches/a/pause", token: viewer)).status == 403)
        #expect(await routes.answer(request("GET", "/upload", token: viewer)).status == 403)
        #expect(await routes.answer(request("GET", "/selection/rerun?state=completed", token: viewer)).status == 403)
        #expect(await routes.answer(request("GET", "/selection/rerun?state=completed", token: op)).status == 200)
        #expect(await routes.answer(request("GET", "/selection/burn", token: op)).status == 404)
        #expect(await routes.answer(request("GET", "/api/v1/batches/a/pause", token: viewer)).status == 200)
        #expect(await routes.answer(request("GET", "/batches", token: viewer)).status == 200)
    }

    @Test func aSessionEndsWithItsTokenByTimeAndBySigningOut() async throws {
        let routes = routes()
        func status(_ cookie: String) async -> Int { await routes.answer(request("GET", "/", cookie: cookie)).status }
        let first = try await session(routes, tokens.make(.viewer))
        #expect(await status(first) == 200)
        let second = try await session(routes, tokens.make(.viewer))
        #expect(await status(first) == 303)
        #expect(await status(second) == 200)
        let out = await routes.answer(
            request("POST", "/sign-out", cookie: second, form: "form_key=\(try await formKey(routes, second))"))
        #expect(out.status == 303 && out.fields["Set-Cookie"]?.contains("Max-Age=0") == true)
        #expect(await status(second) == 303)
        let third = try await session(routes, tokens.make(.viewer))
        clock.jump(to: clock.monotonic + AdminSessions.idleLimit)
        #expect(await status(third) == 303)
    }

    @Test func anEncryptedConnectionKeepsTheCookieToItself() async throws {
        let token = try tokens.make(.viewer)
        let form = request("POST", "/sign-in", form: "token=\(token)")
        #expect(await routes(isSecure: true).answer(form).fields["Set-Cookie"]?.hasSuffix("; Secure") == true)
        #expect(await routes().answer(form).fields["Set-Cookie"]?.contains("Secure") == false)
    }

    @Test func metricsWantATokenOfAnyRoleUnlessTheyAreOpen() async throws {
        let (viewer, op) = (try tokens.make(.viewer), try tokens.make(.operator))
        let routes = routes()
        for authorization in ["Bearer \(viewer)", "bearer \(op)"] {
            let read = await routes.answer(request("GET", "/metrics", fields: ["authorization": authorization]))
            #expect(read.status == 200 && read.text.hasSuffix("\nrollcall_calls_in_flight 3\n"))
        }
        let wrong = viewer.dropLast() + (viewer.hasSuffix("0") ? "1" : "0")
        for authorization in ["Bearer \(wrong)", "Basic \(viewer)", "Bearer", viewer, ""] {
            let answer = await routes.answer(request("GET", "/metrics", fields: ["authorization": authorization]))
            #expect(answer.status == 401 && answer.fields["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
        #expect(await self.routes(.open).answer(request("GET", "/metrics")).status == 200)
    }

    @Test("The first token is made before there is a folder of keys")
    func firstToken() throws {
        let keys = folder.path + "/later/keys"
        let tokens = AdminTokens(keysFolder: keys)
        #expect(try tokens.role(of: tokens.make(.viewer)) == .viewer)
        let attributes = try FileManager.default.attributesOfItem(atPath: keys)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
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

    @Test func afterManyWrongTokensNoneFromThereIsLookedAt() async throws {
        let token = try tokens.make(.viewer)
        let told = Lock<[String]>([])
        let routes = routes(refused: { address in told.withLock { $0.append(address) } })
        let cookie = try await session(routes, token)
        func status(_ token: String, from address: String = "127.0.0.1") async -> Int {
            await routes.answer(request("GET", "/metrics", token: token, from: address)).status
        }
        func signIn(_ token: String) async -> Int {
            await routes.answer(request("POST", "/sign-in", form: "token=\(token)")).status
        }
        for _ in 1..<WrongTokens.most { #expect(await status("wrong") == 401) }
        #expect(await signIn("wrong") == 401)
        // Whether it is right is not told.
        for token in ["wrong", token] {
            #expect(await status(token) == 429)
            #expect(await signIn(token) == 429)
        }
        #expect(told.withLock { $0 } == Array(repeating: "127.0.0.1", count: WrongTokens.most))
        // From elsewhere, and for whoever is signed in, nothing has changed.
        #expect(await status(token, from: "192.0.2.7") == 200)
        #expect(await routes.answer(request("GET", "/", cookie: cookie)).status == 200)
        clock.jump(to: clock.monotonic.advanced(byNanoseconds: WrongTokens.span.nanoseconds))
        #expect(await status("wrong") == 401)
        #expect(await signIn(token) == 303)
    }

    @Test func wrongTokensThatComeAtOnceAreCounted() async throws {
        _ = try tokens.make(.viewer)
        let (routes, wrong) = (routes(), request("GET", "/metrics", token: "wrong"))
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<30 { group.addTask { await routes.answer(wrong).status } }
            return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [401: WrongTokens.most, 429: 30 - WrongTokens.most])
    }

    @Test func quietAddressesMakeRoomForOthers() {
        var tries = WrongTokens()
        let start = clock.monotonic
        for number in 0...WrongTokens.capacity {
            let time = start.advanced(byNanoseconds: Int64(number))
            for _ in 0..<WrongTokens.most { tries.add(from: "\(number)", at: time) }
        }
        let now = start.advanced(byNanoseconds: 1_000_000)
        let mayTry = ["0", "1", "\(WrongTokens.capacity)"].map { tries.mayTry(from: $0, at: now) }
        #expect(mayTry == [true, false, false], "the quietest is forgotten")
    }

    @Test func oneFileIsTakenAtATime() async throws {
        let token = try tokens.make(.operator)
        let (begun, mayEnd) = (WakeSignal(), WakeSignal())
        let routes = routes(visit: { _ in
            begun.wakeUp()
            await mayEnd.wait()
            return AdminAnswer(status: 200, text: "")
        })
        let upload = request("POST", "/upload", token: token, form: "job=x")
        async let first = routes.answer(upload)
        await begun.wait()
        for path in ["/upload", "/upload/decision"] {
            let answer = await routes.answer(request("POST", path, token: token, form: "job=x"))
            #expect(answer.status == 429 && answer.fields["Retry-After"] != nil)
        }
        mayEnd.wakeUp()
        #expect(await first.status == 200)
        mayEnd.wakeUp()
        #expect(await routes.answer(upload).status == 200)
    }

    @Test func strangersLearnNoPlace() async {
        let text = await routes().answer(request("GET", "/metrics")).text
        #expect(text.contains("token") && !text.contains("/") && !text.contains("rollcall"))
    }

    @Test func anAddressThatCannotBeReadIsNeverReadInPart() async throws {
        #expect(throws: AdminForm.Fault.self) { try request("GET", "/batches?state=halted&job=%zz").parameters }
        #expect(await routes().answer(request("GET", "/sign-in?next=%zz")).status == 400)
    }

    @Test func whatKeepsTheDaemonFromItsWorkIsTold() async {
        let answer = await routes(whyNotReady: "the disk that holds the database is full").answer(
            request("GET", "/readyz"))
        #expect(answer == .notReady("the disk that holds the database is full"))
    }

    @Test func aDamagedFileOfTokensLetsNobodyIn() async throws {
        try Data("viewer\n".utf8).write(to: URL(filePath: folder.path + "/" + AdminTokens.fileName))
        let answer = await routes().answer(request("GET", "/metrics", token: "anything"))
        #expect(answer.status == 503)
    }
}
