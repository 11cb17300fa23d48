import Basics
import Foundation
import RecordStore
import Settings

/// `rollcall keys rotate`: a new sealing key for everything in `keys_folder`.
package struct KeysRotateOperation: Sendable {
    private let target: String?
    private let config: String
    private let json: Bool
    private let console: Console

    /// Names the file for the new key; nil: it takes the old one's name.
    package init(to target: String?, config: String, json: Bool, console: Console = .standard) {
        self.target = target.map { URL(filePath: $0).standardizedFileURL.path }
        self.config = config
        self.json = json
        self.console = console
    }

    /// Replaces the key and says what to do about the old one.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let report = try await place.database.rotateSealingKey(to: target)
        await enter(report, place)
        for line in Self.lines(report, place.settings.keysFolder, runner: try await place.database.runnerProcess()) {
            console.note(line)
        }
        if place.settings.isOnPostgreSQL {
            console.note(
                "the other nodes still open their copies with the old key: end each, copy the new key and "
                    + "\(place.settings.keysFolder) there, and start it again; until then a month's key that is made here does "
                    + "not open there")
        }
        if json {
            console.output(json: report)
        } else {
            console.output(report.newKeyFile)
        }
        return .succeeded
    }

    /// Enters it in the audit, opened by the new key; the rotation stands also where that cannot be written.
    private func enter(_ report: KeyRotationReport, _ place: Installation) async {
        var settings = place.settings
        settings.sealingKey = report.newKeyFile
        do {
            let session = try await OperatorSession(Installation(settings), console: console)
            try await session.note(.rotate, of: nil, detail: "\(report.oldKey) by \(report.newKey)")
            try await session.close()
        } catch {
            console.note("warning: this is not entered in the audit: \(OperationFailure(error).message)")
        }
    }

    /// What was done and what remains to be done, in words.
    static func lines(_ report: KeyRotationReport, _ folder: String, runner: Int32?) -> [String] {
        var lines = [
            "\(Counted.things(report.resealed, "key")) in \(folder) \(Counted.verb(report.resealed)) sealed again: sealing key "
                + "\(report.newKey), \(report.newKeyFile), is in force"
        ]
        if report.wantsSetting { lines.append("set sealing_key to \(report.newKeyFile), or hand over that key, now") }
        if let runner {
            lines.append(
                report.wantsSetting
                    ? "then kill -HUP \(runner), so that the process that runs batches takes it up"
                    : "process \(runner) runs batches and takes it up by itself, at once by kill -HUP \(runner)")
        }
        let old = report.oldKeyFile.map { "\(report.oldKey), \($0)," } ?? report.oldKey
        lines.append(
            "the old key \(old) is no longer needed here: copy \(folder) again to where its copy is kept, then remove that key; "
                + "copies of the folder, and backups from before there were period keys, open with it alone")
        return lines
    }
}
