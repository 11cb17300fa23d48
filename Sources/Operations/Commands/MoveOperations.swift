import Basics
import Foundation
import RecordStore
import Settings

/// `rollcall move`: copies the whole database from a file into PostgreSQL, or back, so that nothing runs from the former one.
package struct MoveOperation: Sendable {
    private let target: String
    private let config: String
    private let console: Console

    /// Names the other database, as `database` in the settings would.
    package init(to target: String, config: String, console: Console = .standard) {
        (self.target, self.config, self.console) = (target, config, console)
    }

    /// Moves it and says what to set then.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let target = try other(than: place.settings)
        let action = Action(
            at: WallTime.now(), batch: nil, name: .move, detail: "to \(target.settings.database)",
            provenance: try place.operatorProvenance())
        console.note("nothing runs from \(place.settings.database) any more until this is done")
        let report = try await place.database.move(
            to: target.database, named: target.settings.database, noting: action)
        if report.rows.isEmpty {
            console.note("all was whole there already: the move that was interrupted is completed")
        } else {
            console.note(
                "\(Counted.things(report.batches, "batch")), \(Counted.things(report.records, "record")) and "
                    + "\(Counted.things(report.attempts, "attempt")) of the ledger are there, each compared with what was here"
            )
        }
        console.note(
            "set database to what stands below, in \(place.settings.path), now: the former one refuses everything and can be "
                + "removed")
        if target.settings.isOnPostgreSQL {
            console.note(
                "this machine is node \(target.settings.node.name), which has all batches; other nodes need copies of "
                    + "\(place.settings.keysFolder) and the sealing key")
        }
        console.output(target.settings.database)
        return .succeeded
    }

    /// The installation as it will be.
    private func other(than settings: Settings) throws -> Installation {
        var moved = settings
        moved.database = Settings.isPostgreSQL(target) ? target : URL(filePath: target).standardizedFileURL.path
        guard moved.isOnPostgreSQL != settings.isOnPostgreSQL else {
            throw OperationFailure(
                .usage,
                settings.isOnPostgreSQL
                    ? "PostgreSQL's own tools copy a database to another server; 'move' leads to a file and back"
                    : "'move' leads to PostgreSQL and back: to have the file elsewhere, end everything, move it with its "
                        + "companions and correct database")
        }
        return Installation(moved)
    }
}

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
