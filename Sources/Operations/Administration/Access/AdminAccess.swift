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

/// Somebody who signed in with a token, until they sign out or are idle for too long.
struct AdminSession: Sendable, Equatable {
    let role: AdminTokens.Role
    /// The token's hash: with the token the session ends.
    let tokenHash: String
    /// What every form of this session carries, so that no other site's page can send one.
    let formKey: String
    let begun: MonotonicTime
    fileprivate(set) var seen: MonotonicTime
}

/// The sessions of the administration. A pure value; random numbers and times come from outside.
struct AdminSessions: Sendable {
    /// How long a session lasts in which nothing is asked.
    static let idleLimit = Duration.seconds(3_600)
    /// How long a session lasts at most.
    static let limit = Duration.seconds(12 * 3_600)
    /// How many there are at most; the one that was idle longest makes room.
    static let capacity = 100

    /// By the SHA-256 of their ids, so that a look-up tells nothing of an id by its time.
    private var sessions: [String: AdminSession] = [:]

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - id: Random text, which only the browser keeps.
    ///   - formKey: Other random text.
    ///   - role: What its owner may do.
    ///   - tokenHash: The hash of the token.
    ///   - now: The time.
    /// - Throws: `OpenSSLError` where no digest can be made.
    mutating func begin(
        _ id: String, formKey: String, role: AdminTokens.Role, tokenHash: String, at now: MonotonicTime
    ) throws {
        drop(at: now)
        if sessions.count >= Self.capacity, let oldest = sessions.min(by: { $0.value.seen < $1.value.seen }) {
            sessions[oldest.key] = nil
        }
        sessions[try Self.key(id)] = AdminSession(
            role: role, tokenHash: tokenHash, formKey: formKey, begun: now, seen: now)
    }

    /// The session of an id, which is in use now; nil where there is none any more.
    ///
    /// - Throws: `OpenSSLError` where no digest can be made.
    mutating func use(_ id: String, at now: MonotonicTime) throws -> AdminSession? {
        drop(at: now)
        let key = try Self.key(id)
        sessions[key]?.seen = now
        return sessions[key]
    }

    /// Ends a session, if there is one of that id.
    ///
    /// - Throws: `OpenSSLError` where no digest can be made.
    mutating func end(_ id: String) throws { sessions[try Self.key(id)] = nil }

    private mutating func drop(at now: MonotonicTime) {
        sessions = sessions.filter { now - $0.value.seen < Self.idleLimit && now - $0.value.begun < Self.limit }
    }

    private static func key(_ id: String) throws -> String { try SHA256.hex(Array(id.utf8)) }
}

/// The wrong tokens that came lately, by the address from which they came. A pure value.
struct WrongTokens: Sendable, Equatable {
    /// After this many within ``span`` no token from there is looked at.
    static let most = 10
    static let span = Duration.seconds(60)
    /// How many addresses are remembered; the one that was quiet longest makes room.
    static let capacity = 1_000

    private var times: [String: [MonotonicTime]] = [:]

    /// Whether a token from an address is looked at.
    mutating func mayTry(from address: String, at now: MonotonicTime) -> Bool {
        guard let recent = times[address]?.filter({ now - $0 < Self.span }), !recent.isEmpty else {
            times[address] = nil
            return true
        }
        times[address] = recent
        return recent.count < Self.most
    }

    /// Counts a wrong one.
    mutating func add(from address: String, at now: MonotonicTime) {
        if times.count >= Self.capacity, times[address] == nil {
            let oldest = times.min { ($0.value.last ?? now) < ($1.value.last ?? now) }
            if let oldest { times[oldest.key] = nil }
        }
        times[address, default: []].append(now)
    }
}
