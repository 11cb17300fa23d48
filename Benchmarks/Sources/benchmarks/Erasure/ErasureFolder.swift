import Basics
import Foundation
import RecordStore

/// The folder in which an erasure is proven: settings that lead to no API, and the searches for what is left.
struct ErasureFolder {
    /// Sealed values, from all of the database's, that are looked for in its files afterwards.
    private static let samples = 1_000
    let place: WorkFolder
    /// The program.
    let program: String
    /// Records of the batch that runs meanwhile.
    let others: Int

    /// Makes its folders, and the settings.
    func prepare() throws {
        for folder in ["backups", "out"] { _ = try place.makeFolder(folder) }
        try Self.settings.write(toFile: place.file("rollcall.yaml"), atomically: true, encoding: .utf8)
    }

    /// Runs a command of `rollcall` in a process of its own; its name begins the names of the files that take its output.
    ///
    /// - Parameters:
    ///   - arguments: The command with its arguments, but for `--config`.
    ///   - codes: The exit codes besides 0 that are no failure.
    /// - Returns: How it ended.
    /// - Throws: `BenchmarkError` for any other exit code.
    func rollcall(_ arguments: [String], accepting codes: Set<Int32> = []) async throws -> ChildProcess.Ended {
        let (name, command) = (
            arguments.first ?? "", [program] + arguments + ["--config", place.file("rollcall.yaml")]
        )
        let (output, errors) = (place.file("\(name).out"), place.file("\(name).log"))
        return try await BlockingWork.run {
            let ended = try ChildProcess.start(command, output: output, errors: errors).wait()
            guard ended.status == 0 || codes.contains(ended.status) else {
                throw BenchmarkError("\(name): ended with \(ended.status): \(TextFile.end(of: errors))")
            }
            return ended
        }
    }

    /// Takes in the batch that runs meanwhile.
    func takeInOthers(into store: RecordStore) async throws -> CannedRun {
        let input = place.file("others.csv")
        try SampleAccounts.write(others, to: input)
        defer { place.remove("others.csv") }
        return try await CannedRun(of: WorkStore.takeIn(input, into: store, at: .now()), in: store)
    }

    /// The database and its write-ahead log, which whoever closes it last removes.
    var databaseFiles: [String] {
        ["", "-wal"].map { WorkStore.database(in: place.path) + $0 }.filter(FileManager.default.fileExists)
    }

    /// All files, but for those in some folders.
    func files(besides folders: Set<String> = []) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: place.path).filter { name in
            !folders.contains(String(name.prefix { $0 != "/" }))
        }.map(place.file).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    /// The nonces and the starts of the ciphertexts of values that are sealed in the database.
    ///
    /// - Parameter condition: SQL that is true of the ids of their records.
    /// - Returns: So many of them that a search for them says something, taken by chance.
    /// - Throws: `BenchmarkError` when the database cannot be read.
    func sealedValues(where condition: String = "true") throws -> [[UInt8]] {
        let query = """
            SELECT hex(substr(value, 1, 24)) FROM (
              SELECT payload AS value FROM records WHERE \(condition) UNION ALL
              SELECT answer FROM (SELECT record_id AS id, answer FROM results) WHERE \(condition))
            ORDER BY random() LIMIT \(Self.samples)
            """
        let text = try SQLiteShell.find().answer(to: query, of: WorkStore.database(in: place.path), in: place)
        return text.split(separator: "\n").compactMap { Hexadecimal.decode($0.lowercased().utf8) }
    }

    private static var settings: String {
        """
        database: records.sqlite
        sealing_key: sealing.key
        keys_folder: .
        output: out
        api:
          base_url: \(WorkStore.endpoint)
          client_certificate: none.pem
          client_key: none.pem
          encryption_key: none.pem
          decryption_key: none.pem

        """
    }
}
