import Foundation

/// The runner's lock, `<database>.lock`: held while the process lives, never the database itself.
struct StoreLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// Takes the lock and writes this process's id into it.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Code/locked``, naming the process that holds it.
    static func take(database: String) throws -> StoreLock {
        let file = try PrivateFile.open(database + ".lock")
        guard file.lock() else { throw try held(file, database) }
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8))
        return StoreLock(file: file)
    }

    private init(file: consuming FileDescriptor) {
        self.file = file
    }

    private static func held(_ file: borrowing FileDescriptor, _ database: String) throws -> StoreError {
        let digits = try file.read(upTo: 20).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let holder = digits.isEmpty ? "another process" : "process " + String(decoding: digits, as: UTF8.self)
        let name = URL(fileURLWithPath: database).lastPathComponent
        return StoreError(
            .locked, "\(name) is in use by \(holder); wait for it to end, or use another database for this run")
    }
}
