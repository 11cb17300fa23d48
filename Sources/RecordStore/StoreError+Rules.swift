extension StoreError {
    /// There is no batch with this number.
    static func noBatch(_ batch: BatchID) -> StoreError {
        StoreError(.notFound, "There is no batch \(batch)")
    }

    /// The content of a file is that of an earlier batch.
    static func takenIn(as batch: String, _ state: String) -> StoreError {
        StoreError(.takenIn, "This file was taken in before under this job, as \(batch), which is \(state)")
    }

    /// A batch's state doesn't allow what was asked.
    static func wrongState(_ batch: BatchID, _ state: BatchState, to action: String) -> StoreError {
        StoreError(.notAllowed, "Batch \(batch) is \(state.rawValue) and cannot \(action)")
    }

    /// The store was opened for reading.
    static var readOnly: StoreError {
        StoreError(.notAllowed, "The database was opened for reading; only run and daemon may write to it")
    }

    /// The store was opened beside the runner.
    static var runnerOnly: StoreError {
        StoreError(.notAllowed, "Only the process that holds the database's lock may claim and finish records")
    }
}

extension StoreError {
    /// The database needs another sealing key than the one given.
    static func wrongSealingKey(needed: String, given: String) -> StoreError {
        StoreError(
            .sealingKey,
            "The database is sealed under key \(needed), but sealing_key holds \(given); put the right key file back")
    }

    /// The database belongs to another endpoint.
    static func wrongEndpoint(bound: String, given: String) -> StoreError {
        StoreError(
            .wrongEndpoint,
            "The database belongs to \(bound), not to \(given); use another database for another endpoint")
    }

    /// The database has another schema version.
    static func schemaVersion(found: Int, known: Int) -> StoreError {
        let advice =
            found < known
            ? "start a run or the daemon of this version once, which copies and migrates it"
            : "use the newer Rollcall that wrote it"
        return StoreError(
            .schemaVersion, "The database has schema version \(found), this program has \(known); \(advice)")
    }
}

extension StoreError {
    /// The database was being made when its process ended, so nothing is in it.
    static var unfinished: StoreError {
        StoreError(.damaged, "The database was never finished and holds nothing; remove it and start again")
    }
}
