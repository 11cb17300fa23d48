import Foundation
import IdentityInsightsClient
import JobRunner
import Settings

/// `rollcall doctor`: checks from the settings to the connection, each with its remedy.
package struct DoctorOperation: Sendable {
    private let config: String
    private let oneCall: Bool
    private let strict: Bool
    private let json: Bool
    private let console: Console

    /// Describes the run; `oneCall` sends one test record, which is billed, and `strict` fails for warnings, too.
    package init(
        config: String, oneCall: Bool, strict: Bool = false, json: Bool, console: Console = .standard
    ) {
        self.config = config
        self.oneCall = oneCall
        self.strict = strict
        self.json = json
        self.console = console
    }

    /// Runs all checks that can be run and prints what they found; 3 where a cap forbids the one call.
    package func perform() async throws -> ExitStatus {
        let findings = await examine()
        for finding in findings where !json { console.output(finding.text) }
        if json { console.output(JSONText.text(of: findings)) }
        return Finding.status(of: findings, strict: strict)
    }

    func examine() async -> [Finding] {
        let place: Installation
        do {
            place = try Installation(config: config)
        } catch {
            return [.failure("settings", OperationFailure(error).message)]
        }
        let local =
            [.fine("settings", place.settings.path)] + CredentialChecks(place: place).findings()
            + (await StorageChecks(place: place).findings())
            + (await RetentionChecks(place: place).findings()) + (await DaemonChecks(place: place).findings())
        // What is wrong with the keys is among the local findings already.
        guard let client = try? place.client(place.credentials(), concurrency: 1) else {
            return local + [.failure("connection", "not tried: fix the keys above first")]
        }
        var remote = await ConnectionChecks(client: client, baseURL: place.settings.api.baseURL).findings()
        if oneCall { remote.append(await TestCall(place: place, client: client).finding()) }
        await client.shutDown()
        return local + remote
    }
}

/// What one check of the doctor found.
struct Finding: Encodable, Equatable {
    /// Its severity.
    enum Level: String, Encodable {
        case fine = "ok"
        case warning
        case failure
        /// Not done, because a cap forbids it.
        case refused
    }

    let check: String
    let level: Level
    /// What was found and, unless all is well, what to do.
    let message: String

    enum CodingKeys: CodingKey, CaseIterable { case check, level, message }

    static func fine(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .fine, message: message)
    }
    static func warning(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .warning, message: message)
    }
    static func failure(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .failure, message: message)
    }
    static func refused(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .refused, message: message)
    }

    /// The exit code after some findings: 78 for a failure, and where it is strict for a warning; 3 where a cap forbade
    /// something.
    static func status(of findings: [Finding], strict: Bool) -> ExitStatus {
        let levels = Set(findings.map(\.level))
        if levels.contains(.failure) || strict && levels.contains(.warning) { return .configuration }
        return levels.contains(.refused) ? .unfinished : .succeeded
    }

    var text: String {
        let label =
            switch level {
            case .fine: "ok      "
            case .warning: "warning "
            case .failure: "FAILED  "
            case .refused: "REFUSED "
            }
        return "\(label)\(check): \(message)"
    }
}
