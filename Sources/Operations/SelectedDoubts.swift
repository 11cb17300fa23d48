import RecordStore

/// What is doubtful about records that a person wants to send again.
struct SelectedInDoubt {
    /// How many records are selected.
    private(set) var records = 0
    /// Those that may have been billed, or are held, in all.
    private(set) var own = InDoubtSummary()
    /// Those that would only be held again: what holds them is not among the selected.
    private(set) var heldByOthers = InDoubtSummary()

    /// Looks at the records of a batch.
    ///
    /// - Throws: `StoreError` when the database cannot be read.
    init(_ selection: RequeueSelection, of batch: BatchID, in store: RecordStore) throws {
        try store.forEachRecord(batch, statuses: selection.statuses, lines: selection.lines) { view in
            guard selection.reasonCode == nil || selection.reasonCode == view.reasonCode else { return }
            records += 1
            own.add(view)
            guard let holder = view.holder, !selection.takes(holder, of: batch) else { return }
            heldByOthers.addHeld(by: holder)
        }
    }

    /// Whether nothing would be sent.
    var areAllHeldByOthers: Bool { records > 0 && heldByOthers.held == records }
}

extension RequeueSelection {
    /// Whether a record in doubt is among the selected.
    fileprivate func takes(_ holder: RecordReference, of batch: BatchID) -> Bool {
        holder.record.batch == batch && statuses.contains(.inDoubt) && reasonCode == nil
            && lines?.contains(holder.line) ?? true
    }
}
