import Foundation
import Testing

@testable import DropFolder

/// A drop folder of one test, removed with it.
final class DropFolderFixture {
    let path: String
    let folder: DropFolder

    init(group: ExchangeGroup? = nil, calls: FolderCalls = FolderCalls(), in parent: String? = nil) throws {
        let parent = URL(fileURLWithPath: parent ?? NSTemporaryDirectory())
        path = parent.appending(path: "rollcall-drop-" + UUID().uuidString).path
        folder = DropFolder(path: path, exchangeGroup: group, calls: calls)
        try folder.prepare()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The same folder as another process would see it.
    func folder(with calls: FolderCalls) -> DropFolder {
        DropFolder(path: path, exchangeGroup: folder.exchangeGroup, calls: calls)
    }

    /// Drops a file as people do: into the inbox, or wherever the name says.
    func drop(_ name: String, _ text: String = "id\n1\n", into place: String = "inbox") throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(place)/\(name)"))
    }

    func append(_ text: String, to file: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(path)/\(file)"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// Sees a file of the inbox.
    func sighting(of name: String) throws -> ObservedFile {
        try #require(try folder.look().files.first { $0.name == name })
    }

    /// Sees and claims a file of the inbox.
    @discardableResult
    func claim(_ name: String) throws -> FileClaim { try folder.claim(sighting(of: name)) }

    /// Path below the root, to content.
    func files() throws -> [String: String] {
        let names = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
        var files: [String: String] = [:]
        for name in names {
            guard try FolderCalls().file("\(path)/\(name)") != nil else { continue }
            files[name] = try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
        }
        return files
    }

    func names() throws -> [String] { try files().keys.sorted() }

    /// Permission bits and group of something below the root.
    func facts(_ name: String) throws -> FolderFacts {
        let calls = FolderCalls()
        return try calls.facts(of: calls.open(name.isEmpty ? path : "\(path)/\(name)", O_RDONLY), named: name)
    }
}
