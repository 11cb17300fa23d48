import Basics
import RecordStore
import Results

/// What `status --json` prints: who runs the database, and the batches.
struct StatusReport: Encodable {
    /// Null where nobody does.
    let runner: RunnerReport?
    /// What batches wait for since a restore; null: nothing.
    let restore: Restore?
    let batches: [BatchStatus]

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runner, forKey: .runner)
        try container.encode(restore, forKey: .restore)
        try container.encode(batches, forKey: .batches)
    }

    private enum CodingKeys: String, CodingKey {
        case runner, restore, batches
    }

    /// A restore of which nobody knows what had been sent before.
    struct Restore: Encodable {
        let since: String
        let reason: String
        let next: String

        init(_ hold: RestoreHold) {
            (since, reason, next) = (Timestamp.text(hold.since), hold.reason, Hint.resumeAfterRestore.commandLine)
        }
    }
}
