import Basics
import RecordStore
import Settings

/// `rollcall admin token`: a new token, printed once.
package struct AdminTokenOperation: Sendable {
    private let role: AdminTokens.Role
    private let config: String
    private let json: Bool
    private let console: Console

    /// Names whose token to replace.
    package init(role: AdminTokens.Role, config: String, json: Bool, console: Console = .standard) {
        (self.role, self.config, self.json, self.console) = (role, config, json, console)
    }

    /// Makes the token, prints it to standard output, and says to standard error what it is good for.
    ///
    /// - Returns: `succeeded`.
    /// - Throws: `StoreError` when its hash cannot be kept.
    package func perform() async throws -> ExitStatus {
        let settings = try Installation(config: config).settings
        let token = try await BlockingWork.run { [role] in
            try AdminTokens(keysFolder: settings.keysFolder).make(role)
        }
        if json {
            console.output(json: Made(role: role.rawValue, token: token))
        } else {
            console.output(token)
        }
        console.note(
            "this token is shown once; the former token of the role \(role.rawValue) is good no longer, at once, also "
                + "for a running daemon")
        if settings.administration == nil {
            console.note("nothing listens yet: set admin.listen, such as 127.0.0.1:8377, and start the daemon again")
        }
        return .succeeded
    }

    /// What it prints as JSON.
    struct Made: Encodable {
        let role: String
        let token: String

        enum CodingKeys: CodingKey, CaseIterable { case role, token }
    }
}
