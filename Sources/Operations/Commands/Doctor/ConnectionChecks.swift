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
        if probe.refusesCertificate {
            let answer = probe.status.map { " (HTTP \($0))" } ?? ""
            return .failure(
                "connection",
                "\(baseURL) refuses the client certificate\(answer); check that api.client_certificate is the one "
                    + "registered in the portal for this environment")
        }
        guard let status = probe.status else {
            return .failure("connection", "\(baseURL): \(probe.failure ?? "no answer came")")
        }
        if status == 404 {
            return .warning("connection", "\(baseURL) answers HTTP 404; check the path of api.base_url, or its region")
        }
        return .fine("connection", "\(baseURL) answers (HTTP \(status) to a GET, which is not billed)")
    }

    private func clock(_ probe: EndpointProbe, now: Date) -> Finding? {
        guard let serverTimeAt = probe.serverTimeAt else { return nil }
        let apart = abs(now.timeIntervalSince1970 - Double(serverTimeAt) / 1_000)
        guard apart > Self.clockTolerance else { return .fine("clock", "agrees with the server's") }
        return .warning(
            "clock",
            "differs from the server's by \(NumberFormat.duration(seconds: apart)); set this machine's clock (NTP)")
    }
}

/// The doctor's checks of keys and certificates, each independent, so that one run finds every fault.
struct CredentialChecks {
    let place: Installation
    /// An end nearer than this causes a warning, in days.
    private static let daysOfNotice = 30.0

    func findings(now: Date = Date()) -> [Finding] {
        CredentialReport.all(of: place.settings.api.credentialFiles).map { finding($0, now: now) }
    }

    private func finding(_ report: CredentialReport, now: Date) -> Finding {
        if let problem = report.problem { return .failure(report.setting, problem) }
        if let warning = report.warning { return .warning(report.setting, "\(report.summary): \(warning)") }
        guard let end = report.end else { return .fine(report.setting, report.summary) }
        let text = "\(report.summary); ends \(NumberFormat.time(end))"
        if end < now { return .failure(report.setting, "\(text): it has expired; get a new one from the portal") }
        if let begin = report.begin, begin > now {
            return .failure(report.setting, "\(text): it is not valid yet; check this machine's clock")
        }
        let isNear = end < now.addingTimeInterval(Self.daysOfNotice * 86_400)
        return isNear ? .warning(report.setting, "\(text): renew it in time") : .fine(report.setting, text)
    }
}
