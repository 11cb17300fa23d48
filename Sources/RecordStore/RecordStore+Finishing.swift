extension RecordStore {
    /// Writes how attempts ended and what becomes of their records, each exactly once.
    ///
    /// Answers and error texts are sealed on the caller's thread. An attempt that isn't open any more, because it was
    /// finished before or the process was thought dead, is left as it is.
    ///
    /// - Parameter completions: How the attempts ended.
    /// - Returns: How many were applied; fewer than given means that some were no longer open.
    /// - Throws: ``StoreError``; ``StoreError/Code/stateNotWritten`` when it can't be written, and nothing was. On a full
    ///   disk it waits for room to the last: ``stopWaitingForRoom(exceptForEndsOfCalls:)``.
    public func finish(_ completions: [Completion]) async throws -> Int {
        try requireRunning()
        let sealed = try completions.map { try SealedCompletion($0, key: dataKey(of: $0.record.batch)) }
        return try await write(leavingCountersToTheGroup: true, patience: .toTheLast) { try $0.finish(sealed) }
    }
}
