import Basics
import Foundation
import RecordStore
import Settings

/// The names that a shell offers when a word of a command line is completed.
///
/// It runs at every press of a key in somebody's shell, so it says nothing, changes nothing, and offers nothing where
/// anything is wrong.
package enum Completions {
    /// The names of batches, the newest first.
    ///
    /// - Parameters:
    ///   - words: The command line so far.
    ///   - prefix: What the word begins with.
    /// - Returns: Names that begin so; none where the settings or what they name cannot be read.
    package static func batches(_ words: [String], _ prefix: String) async -> [String] {
        // A completion that cannot be given is none; the command itself will say why.
        guard let place = try? Installation(config: config(in: words)),
            let store = try? await place.storeForReading()
        else { return [] }
        let names = (try? await store.batches().map(\.name)) ?? []
        // Nothing was written, so nothing is lost if it does not close.
        try? await store.close()
        return names.reversed().filter { $0.hasPrefix(prefix) }
    }

    /// The names of jobs, in alphabetical order.
    ///
    /// - Parameters:
    ///   - words: The command line so far.
    ///   - prefix: What the word begins with.
    /// - Returns: Names that begin so; none where the settings or what they name cannot be read.
    package static func jobs(_ words: [String], _ prefix: String) -> [String] {
        // As above: a folder that cannot be read has no names to offer.
        guard let place = try? Installation(config: config(in: words)),
            let files = try? FileManager.default.contentsOfDirectory(atPath: place.settings.jobs)
        else { return [] }
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            .filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// Paths of job files, and of folders on the way to them, in alphabetical order.
    ///
    /// - Parameter prefix: What the path begins with.
    /// - Returns: Paths that begin so, folders with a slash at their end.
    package static func jobFiles(_ prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        // As above.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.compactMap { name in
            let path = folder + name
            guard path.hasPrefix(prefix) else { return nil }
            return path.hasSuffix(".yaml") ? path : isFolder(path) ? path + "/" : nil
        }.sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = ObjCBool(false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The settings file that a command line names, or else the environment.
    static func config(in words: [String], environment: [String: String] = ProcessInfo.processInfo.environment)
        -> String
    {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--config=") { return String(word.dropFirst("--config=".count)) }
            if word == "--config", index + 1 < words.count { return words[index + 1] }
        }
        return environment["ROLLCALL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 } ?? "rollcall.yaml"
    }
}
