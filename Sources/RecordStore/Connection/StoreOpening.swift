/// What opens a database of one engine; see ``StoreDescription``. Everything here blocks.
protocol StoreOpening: Sendable {
    /// For running batches.
    func openForRunning(_ provenance: Provenance) throws -> RecordStore
    /// Beside what runs batches, to read.
    func openForReading() throws -> RecordStore
    /// Beside what runs batches, to take in files and to decide.
    func openForOperating() throws -> RecordStore
    /// Whether there is a database.
    func exists() throws -> Bool
    /// Why none is made although there is none; nil where there is one, or never was.
    func loss() -> StoreError?
    /// The process of this machine that runs batches from it; nil where none does.
    func runnerProcess() throws -> Int32?
    /// Whether that process finds room on the database's disk.
    func storageCondition() throws -> StorageCondition
    /// Exchanges the sealing key.
    func rotateSealingKey(to target: String?) throws -> KeyRotationReport
    /// Puts a copy in its place.
    func restore(
        from source: String, noting action: Action?, always erases: Bool,
        erasing erase: (RecordStore) async throws -> ErasureInCopy
    ) async throws -> RestoreReport
}
