import Foundation
import IdentityInsightsClient

/// The doctor's look at the endpoint: an unbilled GET, and the clocks.
struct ConnectionChecks {
    let client: IdentityInsightsClient
    let baseURL: String
    /// A clock further off than this makes certificates and Retry-After dates doubtful, in seconds.
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
