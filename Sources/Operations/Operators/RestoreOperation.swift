import Foundation
import RecordStore
import Settings

/// `rollcall restore`: puts a copy in the database's place, and says what that may cost.
public struct RestoreOperation: Sendable {
    private let file: String
    private let config: String
    private let console: Console

    /// Names the copy to be put back.
    public init(file: String, config: String, console: Console = .standard) {
        self.file = file
        self.config = config
        self.console = console
    }

    /// Puts the copy in place; the database that was there is kept beside it.
    public func perform() async throws -> ExitStatus {
        let settings = try Installation(config: config).settings
        let file = file
        let report = try await BlockingWork.run {
            try RecordStore.restore(
                from: file, to: settings.database, sealingKeyPath: settings.sealingKey, keysFolder: settings.keysFolder,
                endpoint: settings.api.baseURL)
        }
        for line in RestoreText.lines(report, file: file, database: settings.database) { console.note(line) }
        return .succeeded
    }
}
