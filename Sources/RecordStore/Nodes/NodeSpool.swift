import Basics
import Foundation

/// Ends of calls that could not be stored, or not yet, in the node's folder: what was answered and paid for is not lost
/// with the process. They are delivered at the next start, under their attempts' ids; one that was stored after all
/// changes nothing then. What is personal of them is sealed by the batch's key.
final class NodeSpool: Sendable {
    /// How long ends wait for the database before they are kept here: longer than a busy server takes, and short beside the
    /// minutes for which one that is away is waited for.
    static let patience = Duration.seconds(1)

    private let path: String
    private let state = Lock(State())

    private struct State {
        /// Groups of ends that may still be stored by this process.
        var waiting = 0
        /// Whether it holds ends that only another start delivers.
        var isLeft = false
    }

    init(_ folder: NodeFolder) {
        path = folder.path + "/spool"
    }

    /// Adds ends of calls that are not stored by this process any more; they survive a power cut when this returns.
    ///
    /// - Throws: ``StoreError`` when they can't be written.
    func append(_ ends: [SealedCompletion]) throws {
        guard !ends.isEmpty else { return }
        try state.withLock { state in
            try write(ends)
            state.isLeft = true
        }
    }

    /// Adds ends of calls while they wait to be stored; ``settle(areStored:)`` says what became of them.
    ///
    /// - Throws: ``StoreError`` when they can't be written.
    func keep(_ ends: [SealedCompletion]) throws {
        try state.withLock { state in
            try write(ends)
            state.waiting += 1
        }
    }

    /// Ends that were kept are stored, or never will be by this process. Nothing stays where all are.
    ///
    /// - Throws: ``StoreError`` when the file can't be written.
    func settle(areStored: Bool) throws {
        try state.withLock { state in
            state.waiting -= 1
            if !areStored { state.isLeft = true }
            if state.waiting == 0, !state.isLeft { try truncate() }
        }
    }

    private func write(_ ends: [SealedCompletion]) throws {
        let encoder = JSONEncoder()
        // What a power cut may have left of a line before is ended first.
        let lines = [Data("\n".utf8)] + (try ends.map { try encoder.encode(SpooledEnd($0)) + Data("\n".utf8) })
        let file = try PrivateFile.open(path)
        let before = try file.byteCount()
        do {
            try file.write(Array(lines.joined()), at: before)
            try file.synchronize()
        } catch {
            // What is there of them would only look like something that is kept.
            try? file.truncate(to: before)
            throw error
        }
        try PrivateFile.synchronizeFolder(of: path)
    }

    /// All of them, the earliest first. A line that a power cut tore is none: its call is in doubt.
    ///
    /// - Throws: ``StoreError`` when they can't be read.
    func ends() throws -> [SealedCompletion] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let file = try StoreFile(path, O_RDONLY)
        let bytes = try file.read(upTo: file.byteCount())
        let decoder = JSONDecoder()
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            // What was torn was never said to be kept.
            (try? decoder.decode(SpooledEnd.self, from: Data(line))).map { SealedCompletion($0) }
        }
    }

    /// Whether there are none.
    ///
    /// - Throws: ``StoreError`` when that can't be told.
    var isEmpty: Bool {
        get throws {
            guard FileManager.default.fileExists(atPath: path) else { return true }
            return try StoreFile(path, O_RDONLY).byteCount() == 0
        }
    }

    /// Forgets them, when the database has them.
    ///
    /// - Throws: ``StoreError`` when the file can't be written.
    func empty() throws {
        try state.withLock { state in
            try truncate()
            state.isLeft = false
        }
    }

    private func truncate() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try PrivateFile.open(path)
        try file.truncate(to: 0)
        try file.synchronize()
    }
}

/// The end of a call as a line of the spool.
private struct SpooledEnd: Codable {
    /// What becomes of the record.
    enum Next: String, Codable {
        case succeeded, failed, inDoubt, retry, last, release
    }

    let attempt: Int64
    let record: Int64
    let outcome: AttemptOutcome
    let cause: String?
    let httpStatus: Int?
    let reasonCode: String?
    let correlationID: String?
    let requestRefID: String?
    let hasWarnings: Bool
    /// Milliseconds since 1970 UTC.
    let startedAt: Int64
    let finishedAt: Int64
    let next: Next
    let notBefore: Int64?
    let spendsAttempt: Bool
    let billable: Billable
    let detail: Data?
    let answer: Data?

    init(_ sealed: SealedCompletion) {
        let completion = sealed.completion
        (attempt, record) = (completion.attempt.rawValue, completion.record.rawValue)
        (outcome, cause, billable) = (completion.outcome, completion.cause, completion.billable)
        (httpStatus, reasonCode) = (completion.httpStatus, completion.reasonCode)
        (correlationID, requestRefID) = (completion.correlationID, completion.requestRefID)
        hasWarnings = completion.hasWarnings
        (startedAt, finishedAt) = (completion.startedAt.milliseconds, completion.finishedAt.milliseconds)
        next =
            switch completion.next {
            case .succeeded: .succeeded
            case .failed: .failed
            case .inDoubt: .inDoubt
            case .retry: .retry
            case .last: .last
            case .release: .release
            }
        notBefore = completion.next.notBefore?.milliseconds
        spendsAttempt = completion.next.spendsAttempt
        (detail, answer) = (sealed.detail.map { Data($0) }, sealed.answer.map { Data($0) })
    }

    var completion: Completion {
        Completion(
            attempt: AttemptID(rawValue: attempt), record: RecordID(rawValue: record), outcome: outcome, cause: cause,
            httpStatus: httpStatus, reasonCode: reasonCode, correlationID: correlationID, requestRefID: requestRefID,
            hasWarnings: hasWarnings, startedAt: WallTime(milliseconds: startedAt),
            finishedAt: WallTime(milliseconds: finishedAt), next: step, billable: billable)
    }

    private var step: NextStep {
        switch next {
        case .succeeded: .succeeded
        case .failed: .failed
        case .inDoubt: .inDoubt
        case .retry: .retry(notBefore: WallTime(milliseconds: notBefore ?? 0), spendsAttempt: spendsAttempt)
        case .last: .last
        case .release: .release
        }
    }
}

extension SealedCompletion {
    fileprivate init(_ spooled: SpooledEnd) {
        self.init(
            spooled.completion, detail: spooled.detail.map { Array($0) }, answer: spooled.answer.map { Array($0) })
    }
}

extension RecordStore {
    /// Stores ends of calls. Those that wait for the database, or that it can't store, are kept in the node's folder: the
    /// process may end before the database is back.
    ///
    /// - Parameters:
    ///   - ends: The ends.
    ///   - comeAgain: Whether the caller brings them again where the disk was full.
    ///   - write: Stores them.
    /// - Returns: What `write` returned.
    /// - Throws: What `write` threw, or ``StoreError`` when what could not be stored can't be kept either.
    func keeping<T: Sendable>(
        _ ends: [SealedCompletion], comeAgain: Bool = false, while write: () async throws -> T
    ) async throws -> T {
        guard let node, !ends.isEmpty else { return try await write() }
        let spool = node.spool
        let keeping = Task {
            try await Task.sleep(for: NodeSpool.patience)
            try await BlockingWork.run { try spool.keep(ends) }
        }
        do {
            let result = try await write()
            keeping.cancel()
            // What stays there although it is stored changes nothing when it is delivered.
            if case .success = await keeping.result {
                try? await BlockingWork.run { try spool.settle(areStored: true) }
            }
            return result
        } catch {
            keeping.cancel()
            let isFull = (error as? StoreError)?.code == .diskFull
            let isToBeKept = (error as? StoreError)?.isFatal ?? true && !(comeAgain && isFull)
            let isKept = if case .success = await keeping.result { true } else { false }
            try await BlockingWork.run {
                if isKept {
                    try spool.settle(areStored: !isToBeKept)
                } else if isToBeKept {
                    try spool.append(ends)
                }
            }
            throw error
        }
    }
}
