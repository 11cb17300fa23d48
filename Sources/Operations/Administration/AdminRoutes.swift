import Basics
import JobRunner
import Logging
import RecordStore
import Settings
import Synchronization

/// Decides what the administration answers to whom.
final class AdminRoutes: Sendable {
    let tokens: AdminTokens
    let metricsAccess: Settings.Administration.MetricsAccess
    let readMetrics: @Sendable () async throws -> MetricsText
    /// Why the daemon cannot do its work; nil: it can.
    let whyNotReady: @Sendable () async throws -> String?
    let clock: any RunnerClock
    let log: Logger
    private let tries = Mutex(WrongTokens())

    init(
        tokens: AdminTokens, metricsAccess: Settings.Administration.MetricsAccess, clock: any RunnerClock, log: Logger,
        whyNotReady: @escaping @Sendable () async throws -> String?,
        readMetrics: @escaping @Sendable () async throws -> MetricsText
    ) {
        (self.tokens, self.metricsAccess, self.clock, self.log) = (tokens, metricsAccess, clock, log)
        (self.whyNotReady, self.readMetrics) = (whyNotReady, readMetrics)
    }

    /// Answers a request; what fails is told in general words, and in the log.
    func answer(_ request: AdminRequest) async -> AdminAnswer {
        do {
            return try await found(request)
        } catch {
            let message = OperationFailure(error).message
            log.error(
                "the administration could not answer", metadata: ["path": "\(request.path)", "reason": "\(message)"])
            return .notReady("this could not be read; the daemon's log says why")
        }
    }

    private func found(_ request: AdminRequest) async throws -> AdminAnswer {
        guard ["/metrics", "/healthz", "/readyz"].contains(request.path) else { return .unknownPath }
        guard ["GET", "HEAD"].contains(request.method) else { return .readOnly }
        switch request.path {
        case "/healthz": return .healthy
        case "/readyz": return try await whyNotReady().map(AdminAnswer.notReady) ?? .healthy
        default:
            if metricsAccess == .token, let refusal = try await refusal(of: request.authorization) { return refusal }
            return .metrics(try await readMetrics())
        }
    }

    /// Why somebody may not read what wants a token. A right one is taken however many wrong ones came before, so that
    /// nobody locks another out.
    private func refusal(of authorization: String?) async throws -> AdminAnswer? {
        guard let authorization else { return .noToken }
        let words = authorization.split(separator: " ", maxSplits: 1)
        let token = words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : ""
        let role = try await BlockingWork.run { [tokens] in try tokens.role(of: token) }
        guard role == nil else { return nil }
        let now = clock.monotonic
        return tries.withLock { $0.take(at: now) } ? .noToken : .tooManyTries
    }
}

/// How many wrong tokens came lately.
struct WrongTokens: Sendable, Equatable {
    /// More than this many within ``span`` are refused without an answer to whether they are right.
    static let most = 10
    static let span = Duration.seconds(60)

    private var times: [MonotonicTime] = []

    /// Counts one; whether there were not too many.
    mutating func take(at now: MonotonicTime) -> Bool {
        times.removeAll { now - $0 >= Self.span }
        guard times.count < Self.most else { return false }
        times.append(now)
        return true
    }
}
