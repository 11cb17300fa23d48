import Foundation
import RecordStore
import Testing

extension EndToEndInstallation {
    /// Starts a daemon and waits until it is up, with so many drop folders open.
    func daemon(folders: Int = 1) async throws -> RollcallProcess {
        let process = try start(["daemon"])
        await process.waitForError(containing: "the daemon is up")
        await process.waitForError(containing: "drop folder is open", times: folders)
        return process
    }

    /// Ends a daemon gently.
    func end(_ daemon: RollcallProcess, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        daemon.signal(SIGTERM)
        let ended = try await daemon.wait()
        #expect(ended.status == 0, "\(ended.errors)", sourceLocation: sourceLocation)
    }

    /// Waits until so many batches are over, or the daemon has been killed; whether it was.
    func isUnfinished(_ batches: Int, in daemon: RollcallProcess) async throws -> Bool {
        await daemon.waitForError(containing: "batch is over", times: batches - (try await finishedBatches()))
        return try await finishedBatches() < batches
    }

    private func finishedBatches() async throws -> Int {
        try await reading { store in
            let pending = Set(try await store.pendingBatches().map(\.id))
            return try await store.batches().count { $0.state == .completed && !pending.contains($0.id) }
        }
    }

    /// Puts a file into a folder as a careful sender does: whole, by renaming.
    func drop(_ text: String, as name: String, into folder: String) throws {
        try write(text, to: "\(folder)/.\(name)")
        try FileManager.default.moveItem(atPath: file("\(folder)/.\(name)"), toPath: file("\(folder)/\(name)"))
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: file(name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// What lies in a folder, sorted.
    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(folder)).sorted()
    }

    /// Expects all result folders in a folder to be the exchange group's, too.
    func expectShared(_ folder: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        func mode(_ path: String) throws -> mode_t {
            var facts = stat()
            try #require(stat(file(path), &facts) == 0)
            return facts.st_mode & 0o7777
        }
        for batch in try names(in: folder) {
            #expect(try mode("\(folder)/\(batch)") == 0o2770, sourceLocation: sourceLocation)
            for name in try names(in: "\(folder)/\(batch)") {
                #expect(try mode("\(folder)/\(batch)/\(name)") == 0o660, "\(name)", sourceLocation: sourceLocation)
            }
        }
    }

    /// A batch as it stands.
    func batch(_ name: String) async throws -> Batch {
        try #require(try await reading { try await $0.batch(named: name) })
    }
}
