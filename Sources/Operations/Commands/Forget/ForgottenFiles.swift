import Basics
import DropFolder
import Foundation
import Ingest
import RecordStore
import Results

/// Takes the rows of forgotten records out of the files that Rollcall wrote of a batch, or put away.
struct ForgottenFiles: Sendable {
    let store: RecordStore
    let place: Installation
    /// Called before each change; what it throws ends the work there.
    var beforeStep: @Sendable () throws -> Void = {}

    /// What was done with a batch's files.
    struct Outcome: Sendable, Equatable {
        /// The files that were changed, or removed because no row was left.
        var changed: [String] = []
        /// Files that could not be changed, and why.
        var faults: [String] = []
        /// Files that cannot be changed yet, and until when.
        var waiting: [String] = []

        /// Whether forgotten records stand in none of the files any more.
        var isComplete: Bool { faults.isEmpty && waiting.isEmpty }
    }

    /// Does so for one batch, and records it where nothing is left to be done. It can be interrupted anywhere and done
    /// again.
    ///
    /// - Parameter batch: The batch.
    /// - Returns: What was done.
    /// - Throws: `StoreError` when state cannot be read or written.
    func erase(from batch: Batch) async throws -> Outcome {
        let records = try await store.forgottenRecords(of: batch.id)
        var outcome = Outcome()
        guard !records.isEmpty else { return outcome }
        let lines = ForgottenLines(
            times: Dictionary(uniqueKeysWithValues: records.map { ($0.record.line, $0.forgottenAt) }))
        let named = try await store.resultFolders(of: batch.id)
        try await BlockingWork.run {
            try editResults(of: batch, named, &outcome) { try lines.decision(on: $0, at: $1) }
        }
        try await eraseInputs(of: batch, lines, &outcome)
        if let claim = try await store.claimedFile(of: batch.id) {
            outcome.waiting.append(
                "\(claim.path): \(batch.name) is not finished with it; its rows go when it is put away")
        }
        try beforeStep()
        if outcome.isComplete { try await store.markForgottenInFiles(records) }
        return outcome
    }

    /// Takes lines that are no JSON object, and so tell nothing of their place, out of a batch's returned lines where an id
    /// of a person stands in them: before their records are erased, because nothing tells whose they were afterwards.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - ids: The ids.
    ///   - accounts: Account ids of the persons as requests hold them.
    /// - Returns: What was done.
    /// - Throws: `StoreError` when state cannot be read.
    func eraseUnplacedLines(of batch: Batch, ids: [String], accounts: Set<String>) async throws -> Outcome {
        var outcome = Outcome()
        guard try await mayHoldUnplacedLines(batch), let layout = try await readableLayout(of: batch) else {
            return outcome
        }
        let key = layout.mapping.needsAccountKey ? try await store.accountHashKey() : nil
        let named = try await store.resultFolders(of: batch.id)
        try await BlockingWork.run {
            var match = try PersonMatch(ids, also: accounts, layout: layout, accountKey: key)
            try editResults(of: batch, named, &outcome) { name, path in
                guard ForgottenLines.isOfReturnedJSON(name) else { return nil }
                return try ForgottenLines.unplaced(path) { try match.place(of: $0, id: nil, line: 1) != nil }
            }
        }
        return outcome
    }

    /// Whether returned lines of a batch may be no JSON object.
    ///
    /// - Throws: `StoreError` when state cannot be read.
    func mayHoldUnplacedLines(_ batch: Batch) async throws -> Bool {
        guard batch.counts.invalid > 0, let layout = try await readableLayout(of: batch) else { return false }
        return layout.delimiter == nil
    }

    /// A table of results of each folder in which a batch's were written; all of a folder tell the same.
    ///
    /// - Returns: Paths of `results.jsonl`, where ids stand as they are, or else of `results.csv`.
    /// - Throws: `StoreError`; what a folder that cannot be read throws.
    func resultTables(of batch: Batch) async throws -> [(path: String, table: ResultTable)] {
        let named = try await store.resultFolders(of: batch.id)
        return try await BlockingWork.run {
            try folders(of: batch, named).compactMap { folder, isOwn in
                let names = try ResultEdit(of: batch, in: folder, isOwn: isOwn).names
                let table = [ResultTable.jsonl, .csv].first { names.contains($0.fileName) }
                return table.map { ("\(folder)/\($0.fileName)", $0) }
            }
        }
    }

    private func folders(of batch: Batch, _ named: [String]) -> [(path: String, isOwn: Bool)] {
        let own = place.resultsPlace(of: batch).folder(of: batch)
        let others = named.filter { BatchResults.absolute($0) != BatchResults.absolute(own) }
        return [(own, true)] + others.map { ($0, false) }
    }

    private func editResults(
        of batch: Batch, _ named: [String], _ outcome: inout Outcome,
        _ decide: (_ name: String, _ path: String) throws -> ResultEdit.Decision?
    ) throws {
        for (folder, isOwn) in folders(of: batch, named) {
            do {
                let edit = try ResultEdit(of: batch, in: folder, isOwn: isOwn)
                let changed = try edit.perform { name, path in
                    try beforeStep()
                    return try decide(name, path)
                }
                outcome.changed += changed
                // A summary made again is private, and has to be shared with the group once more.
                if isOwn, !changed.isEmpty { try place.resultsPlace(of: batch).share(batch) }
            } catch {
                outcome.faults.append("\(folder): \(try Self.fault(error))")
            }
        }
    }

    private func eraseInputs(of batch: Batch, _ lines: ForgottenLines, _ outcome: inout Outcome) async throws {
        let layout = try await layout(of: batch)
        let paths: [String]
        do {
            var files = PutAwayFiles(since: try await store.forgottenPersons())
            paths = try await putAway(of: batch, &files)
        } catch let error as StoreError {
            throw error
        } catch {
            return outcome.faults.append("\(batch.name): \(try Self.fault(error))")
        }
        for path in paths {
            do {
                let delimiter = try (layout ?? inputLayout(of: batch, at: path)).delimiter
                let edits = try await BlockingWork.run { try lines.input(path, delimiter: delimiter) }
                guard !edits.isEmpty else { continue }
                try await edit(path, edits, batch)
                outcome.changed.append(path)
            } catch {
                outcome.faults.append("\(path): \(try Self.fault(error))")
            }
        }
    }

    /// What is wrong with one file, which keeps no other from being changed.
    ///
    /// - Throws: Any other error.
    private static func fault(_ error: any Error) throws -> String {
        switch error {
        case let fault as SystemFault: return fault.text
        case is ResultError, is InputError, is DropFolderError, is CocoaError: return OperationFailure(error).message
        default: throw error
        }
    }

    /// The batch's input files where its job puts these away.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - files: Finds them; what it has read is not read again.
    /// - Returns: Their paths.
    /// - Throws: What a folder or file that cannot be read throws.
    func putAway(of batch: Batch, _ files: inout PutAwayFiles) async throws -> [String] {
        let (found, paths) = try await BlockingWork.run { [files] in
            var files = files
            let paths = try place.jobOrSettings(of: batch).putAwayFolders.flatMap { try files.paths(of: batch, in: $0) }
            return (files, paths.filter { !$0.hasSuffix(DropFolder.errorEnding) })
        }
        files = found
        return paths
    }

    /// How an input file that was put away is laid out by the job in force, where the batch's own layout is erased.
    ///
    /// - Throws: `InputError` where the job would not take it in any more.
    func inputLayout(of batch: Batch, at path: String) throws -> RecordLayout {
        let job = place.jobOrSettings(of: batch)
        return try InputFile.open(path: path, mapping: FieldMapping(job), expecting: job.inputKind).layout
    }

    /// From then on the file has another content than the one that was read in: that is recorded first, so that it is
    /// known for the batch's whatever happens.
    private func edit(_ path: String, _ edits: LineEdits, _ batch: Batch) async throws {
        let store = store
        try await BlockingWork.run {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            let lock = try OwnedDescriptor(opening: folder, O_RDONLY | O_DIRECTORY)
            try lock.lock(.exclusive)
            try beforeStep()
            try FileEditing.perform(edits, on: path) { copy in
                guard let digest = try ContentDigest.of(fileAt: copy) else { throw SystemFault(ENOENT) }
                try store.changeForgottenPersonsWaiting { $0.add(edition: digest, of: batch.contentDigest) }
                try beforeStep()
            }
        }
    }

    /// How a batch's rows are laid out; nil where that was erased.
    private func layout(of batch: Batch) async throws -> RecordLayout? {
        do {
            return try RecordLayout(decoding: await store.layout(of: batch.id))
        } catch let error as StoreError where [.notFound, .purged].contains(error.code) {
            return nil
        }
    }

    /// The same, and nil also where the batch cannot be read for want of its month's key: that is named elsewhere.
    private func readableLayout(of batch: Batch) async throws -> RecordLayout? {
        do {
            return try await layout(of: batch)
        } catch let error as StoreError where error.code == .keysFolder {
            return nil
        }
    }
}
