import Dispatch
import GRDB

extension RecordStore {
    /// Looks after the database's files: copies the WAL back and cuts it when it is overlong, and gives free pages back
    /// in small steps. Bounded work that keeps no writer waiting for long; once a minute is often enough.
    ///
    /// Statistics for the planner are not gathered: the statements were measured as they are planned without.
    ///
    /// - Parameter pages: The most free pages to give back this time.
    /// - Returns: What it brought.
    /// - Throws: ``StoreError`` when the database can't be written.
    public func maintain(givingBackUpTo pages: Int = 4_096) async throws -> MaintenanceReport {
        try requireRunning()
        var report = MaintenanceReport()
        report.pagesGivenBack = try await giveBack(upTo: pages)
        let checkpoint = WALCheckpoint(database: pool.path)
        report.walBytesBefore = checkpoint.byteCount
        report.isHeldByReader = try await !run(checkpoint)
        report.walBytes = checkpoint.byteCount
        return report
    }

    /// Copies the WAL back into the database as far as nobody is in the way, so that a lost WAL costs no batch.
    func copyBackWAL() async {
        // What could not be copied stays in the WAL, and everything is written down there.
        _ = try? await run(WALCheckpoint(database: pool.path))
    }

    /// Off the cooperative threads: it synchronizes files.
    private func run(_ checkpoint: WALCheckpoint) async throws -> Bool {
        try await withCheckedThrowingContinuation { waiter in
            DispatchQueue.global(qos: .utility).async {
                waiter.resume(with: Result { try StoreError.translating(.writing) { try checkpoint.run() } })
            }
        }
    }

    private func giveBack(upTo pages: Int) async throws -> Int {
        var given = 0
        while given < pages {
            let left = pages - given
            let step = try await write { try $0.giveBack(upTo: left) }
            if step == 0 { break }
            given += step
        }
        return given
    }
}

extension WriterConnection {
    /// Gives back one step of what is too many of the free pages.
    ///
    /// - Returns: How many; none when there are not too many.
    fileprivate func giveBack(upTo pages: Int) throws -> Int {
        let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        let total = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let count = min(FreePages(free: free, total: total).surplus, FreePages.step, pages)
        guard count > 0 else { return 0 }
        try database.execute(sql: "PRAGMA incremental_vacuum(\(count))")
        return free - (try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0)
    }
}
