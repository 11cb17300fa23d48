import Basics
import JobRunner
import OpenSSL

/// Who asks.
struct AdminVisitor: Sendable, Equatable {
    let role: AdminTokens.Role
    /// The key that their forms carry; nil for a script that shows its token with each request.
    let formKey: String?

    /// Whether they may act.
    var isOperator: Bool { role == .operator }
}

/// Finds out who asks, by token or session.
final class AdminAccess: Sendable {
    static let cookie = "rollcall"
    private let tokens: AdminTokens
    private let clock: any RunnerClock
    private let isSecure: Bool
    private let sessions = Lock(AdminSessions())
    private let tries = Lock(WrongTokens())
    /// In bytes, before they are written in hexadecimal.
    private static let randomByteCount = 32

    /// Describes the access.
    ///
    /// - Parameters:
    ///   - tokens: The tokens that are good.
    ///   - clock: By which sessions and tries grow old.
    ///   - isSecure: Whether the connection is encrypted, so that the cookie is kept off others.
    init(tokens: AdminTokens, clock: any RunnerClock, isSecure: Bool) {
        (self.tokens, self.clock, self.isSecure) = (tokens, clock, isSecure)
    }

    /// What came of a token or a cookie.
    enum Verdict: Sendable, Equatable {
        case visitor(AdminVisitor)
        /// Neither a token nor a session that is still good.
        case stranger
        /// A token that is none.
        case wrongToken
        /// So many of these that somebody may be guessing.
        case tooManyTries
    }

    /// Who asks. Sessions go on however many wrong tokens come.
    ///
    /// - Throws: `StoreError` where the tokens' file cannot be read.
    func verdict(on request: AdminRequest) async throws -> Verdict {
        if let authorization = request.authorization {
            let words = authorization.split(separator: " ", maxSplits: 1)
            let token = words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : ""
            switch try await role(of: token, from: request.address) {
            case .success(let role): return .visitor(AdminVisitor(role: role, formKey: nil))
            case .failure(.wrongToken): return .wrongToken
            case .failure(.tooManyTries): return .tooManyTries
            }
        }
        guard let id = request.cookie(Self.cookie) else { return .stranger }
        let now = clock.monotonic
        guard let session = try sessions.withLock({ try $0.use(id, at: now) }),
            try await BlockingWork.run({ [tokens] in try tokens.role(ofHash: session.tokenHash) }) == session.role
        else { return .stranger }
        return .visitor(AdminVisitor(role: session.role, formKey: session.formKey))
    }

    /// Begins a session for the owner of a token.
    ///
    /// - Parameters:
    ///   - token: The token.
    ///   - address: The address from which it came.
    /// - Returns: The field `Set-Cookie` and the role; or how it was refused.
    /// - Throws: `StoreError` where the tokens' file cannot be read; `OpenSSLError`.
    func signIn(
        with token: String, from address: String
    ) async throws -> Result<(cookie: String, role: AdminTokens.Role), Refusal> {
        let role: AdminTokens.Role
        switch try await self.role(of: token, from: address) {
        case .success(let found): role = found
        case .failure(let refusal): return .failure(refusal)
        }
        let (id, key) = (try Self.random(), try Self.random())
        let (hash, now) = (try SHA256.hex(Array(token.utf8)), clock.monotonic)
        try sessions.withLock { try $0.begin(id, formKey: key, role: role, tokenHash: hash, at: now) }
        return .success((cookie("\(id); Max-Age=\(Int(AdminSessions.limit.components.seconds))"), role))
    }

    /// Why nobody was signed in.
    enum Refusal: Error, Equatable { case wrongToken, tooManyTries }

    /// Ends the session of a request.
    ///
    /// - Returns: The field `Set-Cookie` that removes its cookie.
    /// - Throws: `OpenSSLError` where no digest can be made.
    func signOut(_ request: AdminRequest) throws -> String {
        if let id = request.cookie(Self.cookie) { try sessions.withLock { try $0.end(id) } }
        return cookie("; Max-Age=0")
    }

    /// The role of a token. After too many wrong ones from an address not even a right one is looked at, or the answer
    /// would tell it. One at a time is compared, so that those who ask at once are counted, too.
    private func role(of token: String, from address: String) async throws -> Result<AdminTokens.Role, Refusal> {
        try await BlockingWork.run {
            try tries.withLock { tries throws -> Result<AdminTokens.Role, Refusal> in
                let now = clock.monotonic
                guard tries.mayTry(from: address, at: now) else { return .failure(.tooManyTries) }
                if let role = try tokens.role(of: token) { return .success(role) }
                tries.add(from: address, at: now)
                return .failure(.wrongToken)
            }
        }
    }

    /// `Strict`: it is not sent with a request that another site's page makes (RFC 6265bis §5.6.7).
    private func cookie(_ value: String) -> String {
        "\(Self.cookie)=\(value); Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")"
    }

    static func random() throws -> String {
        Hexadecimal.encode(try SecureRandom.bytes(randomByteCount))
    }
}
