import Basics
import RecordStore

/// `rollcall forget`: erases persons in all batches and in the files that Rollcall wrote (GDPR, article 17).
package struct ForgetOperation: Sendable {
    private let request: ForgetRequest
    private let console: Console

    /// Describes whom to forget.
    package init(_ request: ForgetRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Erases what is there of the persons, prints a receipt, and names what is left: 2 where records are in doubt or
    /// under way, 3 where a file cannot be changed.
    package func perform() async throws -> ExitStatus {
        let ids = try PersonIDs(reading: request.text)
        let place = try Installation(config: request.config)
        let session = try await OperatorSession(place, console: console)
        let work = Forgetting(ids: ids, session: session, patience: request.patience)
        let receipt = try await request.dryRun ? work.rehearse() : work.perform()
        for left in receipt.notForgotten { console.note("not forgotten: \(left.text)") }
        for fault in receipt.notChanged { console.note("not changed: \(fault)") }
        if let text = PersonIDs.notFound("nothing to erase", onLines: receipt.notFound) { console.note(text) }
        let text = try await request.json ? SignedReceipt(receipt, by: session.store).text : receipt.text
        try await session.close()
        console.output(text)
        return request.dryRun ? .succeeded : receipt.status
    }
}

/// Whom `rollcall forget` is to forget.
package struct ForgetRequest: Sendable {
    /// Record ids, or account ids before or after hashing, one on each line.
    package var text: [UInt8]
    /// The settings file.
    package var config: String
    /// Whether only to say what would be erased.
    package var dryRun: Bool
    /// Whether the receipt is printed as signed JSON.
    package var json: Bool
    /// How long calls under way are awaited; nil: a little longer than one may take.
    package var patience: Duration?

    /// Describes a request.
    ///
    /// - Parameters:
    ///   - text: The ids, one on each line.
    ///   - config: The settings file.
    ///   - dryRun: Whether only to say what would be erased.
    ///   - json: Whether the receipt is printed as signed JSON.
    ///   - patience: How long calls under way are awaited; nil: a little longer than one may take.
    package init(
        idsIn text: [UInt8], config: String, dryRun: Bool = false, json: Bool = false, patience: Duration? = nil
    ) {
        self.text = text
        self.config = config
        self.dryRun = dryRun
        self.json = json
        self.patience = patience
    }
}
