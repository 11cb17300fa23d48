import Basics
import Foundation

/// The runner's lock, `<database>.lock`: held while the process lives, and never taken on the database itself.
struct StoreLock: ~Copyable, Sendable {
    private let file: StoreFile

    /// Takes the lock and writes this process's id into it.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/locked``, naming the process that holds it.
    static func take(database: String) throws -> StoreLock {
        let file = try PrivateFile.open(database + ".lock")
        guard take(file) else { throw try held(file, database) }
        let lock = StoreLock(file: file)
        try lock.note(.normal)
        return lock
    }

    /// Writes this process's id and its disk condition, replacing what was there.
    ///
    /// Always the same number of bytes, so that a full disk can be recorded in space the file already has.
    borrowing func note(_ condition: StorageCondition) throws {
        var text = "\(getpid())\n"
        if case .full(let since) = condition { text += "\(Self.fullDiskWord)\(since.milliseconds)\n" }
        let padding = String(repeating: " ", count: Self.byteCount - text.utf8.count - 1) + "\n"
        try file.write(Array((text + padding).utf8))
        try file.truncate(to: Self.byteCount)
    }

    /// The holder's last reported disk condition.
    static func condition(database: String) throws -> StorageCondition {
        guard FileManager.default.fileExists(atPath: database + ".lock") else { return .normal }
        let bytes = try StoreFile(database + ".lock", O_RDONLY).read(upTo: byteCount)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count > 1, lines[1].hasPrefix(fullDiskWord),
            let since = Int64(lines[1].dropFirst(fullDiskWord.count))
        else { return .normal }
        return .full(since: WallTime(milliseconds: since))
    }

    /// More than a process number and a disk condition take.
    private static let byteCount = 128
    private static let fullDiskWord = "disk full since "

    /// Gives the lock back; until then it is held.
    consuming func release() {}

    /// The process that holds the lock; nil when none does.
    static func holder(database: String) throws -> Int32? {
        guard FileManager.default.fileExists(atPath: database + ".lock") else { return nil }
        let file = try StoreFile(database + ".lock", O_RDONLY)
        for _ in 0..<looks {
            // A lock taken here is released at once, with the file.
            if file.lockShared() { return nil }
            if let process = try process(in: file) { return process }
            // It was taken just now, and its holder not yet written.
            usleep(pause)
        }
        return nil
    }

    /// A process that looks for the holder has the lock briefly; only one that keeps it is in the way.
    private static func take(_ file: borrowing StoreFile) -> Bool {
        for _ in 0..<looks {
            if file.lock() { return true }
            usleep(pause)
        }
        return false
    }

    /// Attempts before the lock counts as taken: with the pauses a tenth of a second, in which any other that only looks
    /// has let go.
    private static let looks = 20
    /// Between two attempts, in microseconds.
    private static let pause: UInt32 = 5_000

    private static func process(in file: borrowing StoreFile) throws -> Int32? {
        let digits = try file.read(upTo: 20).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self))
    }

    private init(file: consuming StoreFile) {
        self.file = file
    }

    private static func held(_ file: borrowing StoreFile, _ database: String) throws -> StoreError {
        let holder = try process(in: file).map { "process \($0)" } ?? "another process"
        let name = URL(fileURLWithPath: database).lastPathComponent
        return StoreError(
            .locked, "\(name) is in use by \(holder); wait for it to end, or use another database for this run")
    }
}
