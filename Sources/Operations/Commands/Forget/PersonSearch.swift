import Basics
import Foundation
import Ingest
import RecordStore
import Results

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
        /// The ids, by their places from 0, for which a record or a line was found.
        var places: Set<Int> = []
        /// Batches whose files are still being read.
        var unread: [Batch] = []
        /// Batches that cannot be looked through, because their month's key is missing, and why.
        var locked: [(batch: Batch, reason: String)] = []
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
        var putAway = PutAwayFiles(since: try await store.forgottenPersons())
        for batch in batches {
            do {
                try await search(batch, known, &pass)
                pass.outcome.batches += 1
            } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
                pass.outcome.erased += 1
                try await searchFiles(of: batch, known, &putAway, &pass)
            } catch let error as StoreError where error.code == .keysFolder {
                // The person is forgotten wherever else they are.
                pass.outcome.locked.append((batch, error.message))
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
        var places: Set<Int> = []
        try await store.forEachRecord(batch.id) { view in
            guard view.forgottenAt == nil else { return }
            guard let payload = try? view.payload() else {
                // One that was altered is counted and hides no other.
                unreadable += 1
                return
            }
            guard let place = try match.place(of: payload.rawRow, id: payload.id, line: view.line) else { return }
            places.insert(place)
            found.records.append(Record(id: view.record, status: view.status))
            if let account = try match.account(of: payload.rawRow, line: view.line) { accounts.insert(account) }
        }
        if !batch.isIngested, !batch.state.isFinished { pass.outcome.unread.append(batch) }
        if !batch.isIngested, batch.state.isFinished {
            found.lines = try await lines(of: batch, layout, &match, &places).subtracting(found.records.map(\.id))
                .sorted()
        }
        pass.outcome.places.formUnion(places)
        pass.outcome.accounts.formUnion(accounts)
        pass.outcome.unreadable += unreadable
        if !found.records.isEmpty || !found.lines.isEmpty { pass.outcome.found.append(found) }
    }

    /// Of a file that was not read to its end the rest lies in it alone.
    private func lines(
        of batch: Batch, _ layout: RecordLayout, _ match: inout PersonMatch, _ places: inout Set<Int>
    ) async throws -> Set<RecordID> {
        var lines: Set<RecordID> = []
        var putAway = PutAwayFiles(since: try await store.forgottenPersons())
        for path in try await files.putAway(of: batch, &putAway) {
            try WrittenRows.forEach(in: path, delimiter: layout.delimiter) { row in
                let line = row.lines.lowerBound
                guard let place = try match.place(of: row.rawRow, id: nil, line: line) else { return }
                places.insert(place)
                lines.insert(RecordID(batch: batch.id, line: line))
            }
        }
        return lines
    }

    /// Where a batch's rows are erased its result files may still tell ids, and its input file, where it was put away.
    private func searchFiles(
        of batch: Batch, _ known: Set<String>, _ putAway: inout PutAwayFiles, _ pass: inout Pass
    ) async throws {
        var lines = try await searchResults(of: batch, &pass)
        for path in try await files.putAway(of: batch, &putAway) {
            do {
                lines.formUnion(try await searchInput(path, of: batch, known, &pass))
            } catch let error as InputError {
                pass.outcome.locked.append((batch, "\(path): \(error.rule)"))
            }
        }
        if !lines.isEmpty { pass.outcome.found.append(Found(batch: batch, lines: lines.sorted())) }
    }

    private func searchInput(
        _ path: String, of batch: Batch, _ known: Set<String>, _ pass: inout Pass
    ) async throws -> Set<RecordID> {
        let layout = try files.inputLayout(of: batch, at: path)
        let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        var match = try PersonMatch(ids, also: known, layout: layout, accountKey: key)
        pass.given.formUnion(match.accountTexts)
        var lines: Set<RecordID> = []
        try WrittenRows.forEach(in: path, delimiter: layout.delimiter) { row in
            let line = row.lines.lowerBound
            guard let place = try match.place(of: row.rawRow, id: nil, line: line) else { return }
            pass.outcome.places.insert(place)
            lines.insert(RecordID(batch: batch.id, line: line))
            if let account = try match.account(of: row.rawRow, line: line) { pass.outcome.accounts.insert(account) }
        }
        return lines
    }

    private func searchResults(of batch: Batch, _ pass: inout Pass) async throws -> Set<RecordID> {
        let wanted = Dictionary(ids.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var lines: Set<RecordID> = []
        for (path, table) in try await files.resultTables(of: batch) {
            let delimiter =
                table == .csv ? try WrittenRows.delimiter(before: ForgottenLines.distinctColumn, in: path) : nil
            try WrittenRows.forEach(in: path, delimiter: delimiter) { row in
                guard let (line, id) = row.lineAndID(in: table), let place = wanted[Array(id.utf8)] else { return }
                pass.outcome.places.insert(place)
                lines.insert(RecordID(batch: batch.id, line: line))
            }
        }
        return lines
    }
}

extension WrittenRow {
    /// The record's line and id, as a row of results tells them; nil for a header, and where there is no id.
    fileprivate func lineAndID(in table: ResultTable) -> (line: Int, id: String)? {
        guard table == .csv else {
            guard let object, let line = object.integer("line") else { return nil }
            return object.text("id").map { (line, $0) }
        }
        guard let line = cell(0).flatMap({ Int($0) }), let id = cell(1) else { return nil }
        // The mark of `output_safe`: an id of which it is a part is no valid one.
        return (line, id.hasPrefix("'") ? String(id.dropFirst()) : id)
    }
}
