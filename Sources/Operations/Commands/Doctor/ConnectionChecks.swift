import Basics
import Foundation
import IdentityInsightsClient
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
