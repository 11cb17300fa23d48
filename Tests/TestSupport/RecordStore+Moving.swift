package import RecordStore

/// A batch that a test wanted to move somewhere could not go there.
package struct BatchNotMoved: Error {
    /// The batch.
    package let batch: BatchID
    /// Where it was to go.
    package let state: BatchState
}

extension RecordStore {
    /// Moves a batch to a state from wherever it is, as a test's scene wants it.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - state: Where it goes.
    ///   - reason: Why.
    ///   - action: What is noted with it.
    /// - Throws: ``BatchNotMoved`` where it cannot go there; `StoreError`.
    package func setState(
        _ batch: BatchID, to state: BatchState, reason: String?, noting action: Action? = nil
    ) async throws {
        let everywhere = Set(BatchState.allCases)
        guard try await moveBatch(batch, from: everywhere, to: state, reason: reason, noting: action) else {
            throw BatchNotMoved(batch: batch, state: state)
        }
    }
}
