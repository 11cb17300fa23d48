import Basics
import OpenSSL

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
