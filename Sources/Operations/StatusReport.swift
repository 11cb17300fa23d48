import RecordStore

/// What `status --json` prints: who runs the database, and the batches.
struct StatusReport: Encodable {
    /// Null where nobody does.
    let runner: RunnerReport?
    let batches: [BatchStatus]

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runner, forKey: .runner)
        try container.encode(batches, forKey: .batches)
    }

    private enum CodingKeys: String, CodingKey {
        case runner, batches
    }
}
