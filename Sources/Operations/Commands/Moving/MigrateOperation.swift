import Basics
import RecordStore

/// `rollcall migrate`: brings a database of an earlier version to this one.
package struct MigrateOperation: Sendable {
    private let config: String
    private let console: Console

    /// Names the settings.
    package init(config: String, console: Console = .standard) {
        (self.config, self.console) = (config, console)
    }

    /// Migrates it and says from which version.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        guard try await place.database.exists() else { throw place.noDatabase }
        let action = Action(
            at: WallTime.now(), batch: nil, name: .migrate, provenance: try place.operatorProvenance())
        let found = try await place.database.migrate(noting: action)
        let current = RecordStore.schemaVersion
        console.note(
            found == current
                ? "the database has version \(current), which is this program's: there is nothing to do"
                : "the database had version \(found) and has \(current) now")
        return .succeeded
    }
}
