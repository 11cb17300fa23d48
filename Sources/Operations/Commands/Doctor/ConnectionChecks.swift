import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// The doctor's checks of the endpoint: an unbilled GET, and the clocks.
struct ConnectionChecks {
    let client: IdentityInsightsClient
    let baseURL: String
    /// A clock that is off by more than this makes certificates and Retry-After dates unreliable, in seconds.
    private static let clockTolerance = 60.0

    func findings() async -> [Finding] {
        let probe = await client.probe()
        return [connection(probe), clock(probe, now: Date())].compactMap(\.self)
    }

    private func connection(_ probe: EndpointProbe) -> Finding {
        switch probe.verdict {
        case .answered(let status):
            .fine("connection", "\(baseURL) answers (HTTP \(status) to a GET, which is not billed)")
        case .doubtful(let text): .warning("connection", "\(baseURL) \(text)")
        case .refused(let text): .failure("connection", "\(baseURL) \(text)")
        }
    }

    private func clock(_ probe: EndpointProbe, now: Date) -> Finding? {
        guard let serverTimeAt = probe.serverTimeAt else { return nil }
        let apart = abs(now.timeIntervalSince(serverTimeAt.date))
        guard apart > Self.clockTolerance else { return .fine("clock", "agrees with the server's") }
        return .warning(
            "clock",
            "differs from the server's by \(NumberFormat.duration(seconds: apart)); set this machine's clock (NTP)")
    }
}

/// The doctor's checks of keys and certificates, each independent, so that one run finds every fault.
struct CredentialChecks {
    let place: Installation

    func findings(now: Date = Date()) -> [Finding] {
        let api = place.settings.api
        return CredentialReport.all(of: api.credentialFiles, baseURL: api.baseURL, at: now).flatMap(findings)
            + serverFindings(at: now)
    }

    /// Of the certificate that the administration shows, by its first end; nothing where it shows none.
    private func serverFindings(at now: Date) -> [Finding] {
        do {
            guard let key = try place.serverCertificate()?.datedKeys.min(by: { $0.end < $1.end }) else { return [] }
            if let notice = key.notice(at: now) {
                let text = String(notice.trimmingPrefix("\(key.setting): "))
                return [key.end <= now ? .failure(key.setting, text) : .warning(key.setting, text)]
            }
            return [.fine(key.setting, "\(key.subject); ends \(NumberFormat.time(key.end))")]
        } catch {
            return [.failure(ServerCertificate.setting, OperationFailure(error).message)]
        }
    }

    private func findings(_ report: CredentialReport) -> [Finding] {
        guard !report.causes.isEmpty else {
            let end = report.end.map { "; ends \(NumberFormat.time($0))" } ?? ""
            return [.fine(report.setting, report.summary + end)]
        }
        return report.causes.map { cause in
            let text = report.summary.isEmpty ? cause.text : "\(report.summary): \(cause.text)"
            return cause.isCertain ? .failure(report.setting, text) : .warning(report.setting, text)
        }
    }
}

/// The doctor's one billed call. Where there is a database, the caps are checked first, and the call is recorded before
/// it is sent, like any other.
struct TestCall {
    let place: Installation
    let client: IdentityInsightsClient

    /// Sends the test record, unless a cap forbids it or it could not be recorded.
    func finding() async -> Finding {
        do {
            guard try await place.database.exists() else {
                return finding(await send(), note: "; there is no database yet, so that no ledger shows it")
            }
            return try await OperatorSession.with(place, console: .silent) { try await recorded(in: $0) }
        } catch {
            return .failure("one call", "not sent, for it could not be recorded: \(OperationFailure(error).message)")
        }
    }

    private func recorded(in session: OperatorSession) async throws -> Finding {
        let (configuration, now) = (RunnerConfiguration(daemonOf: place.settings), WallTime.now())
        let caps = CallCaps(
            daily: configuration.dailyCalls, monthly: configuration.monthlyCalls,
            day: CallDay(at: now, in: configuration.timeZone))
        let action = try session.action(.doctor, of: nil, detail: "one test record sent")
        if let cap = try await session.store.begin(.doctor, caps: caps, action: action) {
            return .refused("one call", "not sent: limits.\(cap.rawValue) is reached")
        }
        let (reply, outcome) = await send()
        try await session.store.end(
            .doctor, on: caps.day, billable: outcome.billable, countsAsCall: outcome.countsAsCall)
        return finding((reply, outcome), note: "")
    }

    private func send() async -> (Reply, Outcome) {
        let reply = await client.submit(TestRecord.request)
        return (reply, AnswerTable.outcome(of: reply, in: AnswerTable.Circumstances()))
    }

    private func finding(_ sent: (reply: Reply, outcome: Outcome), note: String) -> Finding {
        guard sent.outcome.kind == .succeeded else {
            let text = sent.reply.errorText ?? "no answer could be used"
            return .failure("one call", "\(sent.outcome.kind.rawValue): \(text)")
        }
        let id = sent.reply.correlationID ?? sent.reply.requestRefID ?? "unknown"
        return .fine("one call", "one test record was sent, answered and billed (correlation id \(id))\(note)")
    }
}

/// The one record `doctor --one-call` sends: the example of the API's own document (openapi-0.2.2).
enum TestRecord {
    static let request = Array(
        """
        {"user":{"account":{"hashedAccountId":"3b5ed8ad6a408f42015254dd4b116080289038d41c311332e3c00be60f884370"},\
        "email":"john.smith@mastercard.com","name":"John Smith","phone":{"countryHint":"US","number":"7785732875"}}}
        """.utf8)
}
