import Foundation
import IdentityInsightsClient
import Settings

/// The doctor's look at keys and certificates, each for itself, so that one visit finds all that is wrong.
struct CredentialChecks {
    let place: Installation
    /// An end nearer than this is worth a warning, in days.
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
