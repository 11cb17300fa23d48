import Basics
import Foundation
import Ingest
import RecordStore

/// Finds all records of persons by ids that somebody gives, over all batches.
///
/// A record that is found by its own id stands for the person: all records of its account are found, too, so that
/// nothing of them is left where they came under another id.
struct PersonSearch: Sendable {
    let ids: [String]
    let store: RecordStore
    let files: ForgottenFiles

    /// A person's record.
    struct Record: Sendable, Equatable {
        let id: RecordID
        var status: RecordStatus
    }

    /// What was found of a batch.
    struct Found: Sendable {
        let batch: Batch
        var records: [Record] = []
        /// Lines that have no record, of a file that was refused as a whole or not read to its end.
        var lines: [RecordID] = []
    }

    /// What was looked through, and found.
    struct Outcome: Sendable {
        var found: [Found] = []
        /// The account ids by which the persons are known, as requests hold them.
        var accounts: Set<String> = []
        /// Batches whose files are still being read.
        var unread: [Batch] = []
        var batches = 0
        var erased = 0
        var unreadable = 0
    }

    /// Looks through the batches.
    ///
    /// - Parameter batches: The batches.
    /// - Returns: What was found, and what nobody can be found in.
    /// - Throws: `StoreError`; what a file that has to be looked through and cannot be read throws.
    func perform(in batches: [Batch]) async throws -> Outcome {
        var known: Set<String> = []
        while true {
            let outcome = try await search(batches, known)
            // An account that a record brought may have more records, in batches that were looked through before.
            guard !outcome.accounts.isSubset(of: known.union(outcome.given)) else { return outcome.outcome }
            known.formUnion(outcome.accounts)
        }
    }

    /// One pass, with the accounts that the given ids stand for, and those that records brought.
    private struct Pass {
        var outcome = Outcome()
        var given: Set<String> = []
        var accounts: Set<String> { outcome.accounts }
    }

    private func search(_ batches: [Batch], _ known: Set<String>) async throws -> Pass {
        var pass = Pass()
        for batch in batches {
            do {
                try await search(batch, known, &pass)
                pass.outcome.batches += 1
            } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
                pass.outcome.erased += 1
                try await searchResults(of: batch, &pass)
            }
        }
        pass.outcome.accounts.formUnion(pass.given)
        return pass
    }

    private func search(_ batch: Batch, _ known: Set<String>, _ pass: inout Pass) async throws {
        let layout = try RecordLayout(decoding: await store.layout(of: batch.id))
        let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        var match = try PersonMatch(ids, also: known, layout: layout, accountKey: key)
        pass.given.formUnion(match.accountTexts)
        var (found, accounts, unreadable) = (Found(batch: batch), Set<String>(), 0)
        try await store.forEachRecord(batch.id) { view in
            guard view.forgottenAt == nil else { return }
            guard let payload = try? view.payload() else {
                // One that was altered is counted and hides no other.
                unreadable += 1
                return
            }
            guard try match.place(of: payload.rawRow, id: payload.id, line: view.line) != nil else { return }
            found.records.append(Record(id: view.record, status: view.status))
            if let account = try match.account(of: payload.rawRow, line: view.line) { accounts.insert(account) }
        }
        if !batch.isIngested, !batch.state.isFinished { pass.outcome.unread.append(batch) }
        if !batch.isIngested, batch.state.isFinished {
            found.lines = try await lines(of: batch, layout, &match, besides: Set(found.records.map(\.id)))
        }
        pass.outcome.accounts.formUnion(accounts)
        pass.outcome.unreadable += unreadable
        if !found.records.isEmpty || !found.lines.isEmpty { pass.outcome.found.append(found) }
    }

    /// Of a file that was not read to its end the rest lies in it alone.
    private func lines(
        of batch: Batch, _ layout: RecordLayout, _ match: inout PersonMatch, besides known: Set<RecordID>
    ) async throws -> [RecordID] {
        var lines: Set<RecordID> = []
        for path in try await files.putAway(of: batch) {
            try WrittenRows.forEach(in: path, delimiter: layout.delimiter) { row in
                let line = row.lines.lowerBound
                guard try match.place(of: row.rawRow, id: nil, line: line) != nil else { return }
                lines.insert(RecordID(batch: batch.id, line: line))
            }
        }
        return lines.subtracting(known).sorted()
    }

    /// Where a batch's rows are erased its result files may still tell ids.
    private func searchResults(of batch: Batch, _ pass: inout Pass) async throws {
        let wanted = Set(ids)
        let forgotten = Set(try await store.forgottenRecords(of: batch.id).map(\.record))
        let paths = try await files.resultTables(of: batch)
        var lines: Set<RecordID> = []
        for path in paths {
            let delimiter = try WrittenRows.delimiter(before: ForgottenLines.distinctColumn, in: path)
            try WrittenRows.forEach(in: path, delimiter: delimiter) { row in
                guard let id = row.cell(1), wanted.contains(id), let line = row.cell(0).flatMap({ Int($0) }) else {
                    return
                }
                lines.insert(RecordID(batch: batch.id, line: line))
            }
        }
        let left = lines.subtracting(forgotten).sorted()
        if !left.isEmpty { pass.outcome.found.append(Found(batch: batch, lines: left)) }
    }
}
