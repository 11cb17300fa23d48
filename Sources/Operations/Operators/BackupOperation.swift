import Foundation
import RecordStore
import Settings

/// `rollcall backup`: a whole copy of the database, also while it is being run.
public struct BackupOperation: Sendable {
    private let file: String
    private let config: String
    private let console: Console

    /// Names the copy, which must not exist yet.
    public init(file: String, config: String, console: Console = .standard) {
        self.file = file
        self.config = config
        self.console = console
    }

    /// Makes the copy and says what must be kept with it.
    public func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let store = try place.storeForReading()
        let path = file
        try await BlockingWork.run { try store.backUp(to: path) }
        try store.close()
        console.note(
            "\(path) is a whole copy. It opens with the sealing key \(place.settings.sealingKey) only: keep that key "
                + "too, and apart from the copy.")
        console.output(path)
        return .succeeded
    }
}
