import Basics
import Foundation
import IdentityInsightsClient
import RecordStore
import Settings

extension Installation {
    /// Who runs a database.
    enum Runner: Equatable {
        case nobody
        case run(Int32)
        case daemon(Int32)
    }

    /// Who runs the database at the moment.
    ///
    /// - Throws: `StoreError` when the lock cannot be looked at.
    func runner() throws -> Runner {
        guard let process = try RecordStore.runnerProcess(ofDatabase: settings.database) else { return .nobody }
        let store = try? storeForReading()
        defer { try? store?.close() }
        let isDaemon = (try? store?.runnerStatus()).map { $0.process == process && $0.isDaemon } ?? false
        return isDaemon ? .daemon(process) : .run(process)
    }

    /// What the runner says of the disk that holds the database; normal where nobody runs it.
    ///
    /// - Throws: `StoreError` when the lock cannot be looked at.
    func storage() throws -> StorageCondition { try RecordStore.storageCondition(ofDatabase: settings.database) }

    /// Makes the database and its sealing key where there are none yet.
    func makeDatabaseIfMissing() throws {
        guard !FileManager.default.fileExists(atPath: settings.database) else { return }
        try storeForRunning(provenance(credentials())).close()
    }

    /// Opens the database to write beside its runner.
    func storeForOperating() throws -> RecordStore {
        guard FileManager.default.fileExists(atPath: settings.database) else { throw noDatabase }
        return try RecordStore.openForOperating(
            path: settings.database, sealingKeyPath: settings.sealingKey, keysFolder: settings.keysFolder,
            endpoint: settings.api.baseURL)
    }

    var noDatabase: OperationFailure {
        OperationFailure(
            .configuration,
            "\(settings.database): there is no database yet; the first run makes it, as \(Hint.help(["run"])) says")
    }

    /// Who does something, with what; a key that cannot be read is said to be so, and stops nobody from pausing.
    func operatorProvenance() throws -> Provenance {
        if let credentials = try? credentials() { return try provenance(credentials) }
        return try Provenance(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName, version: Version.current,
            settings: settings.canonicalDescription, endpoint: settings.api.baseURL, keyID: "unreadable",
            certificateFingerprint: "unreadable")
    }
}
