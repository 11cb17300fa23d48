import Foundation
import TestSupport

/// A wall clock that is set and a disk without room, for processes that load a library of the tests' own (`Tests/Faults`,
/// `man 8 ld.so`, LD_PRELOAD); they look at files that they have mapped.
final class InjectedFaults: Sendable {
    /// What the processes' environment has besides.
    let environment: [String: String]
    private let clock: FileHandle
    private let disk: FileHandle

    /// Compiles the library into a folder, and begins with the true time and with room.
    init(in folder: String) throws {
        let library = "\(folder)/faults.so"
        let sources = ["clock.c", "disk.c"].map { Documentation.root.appending(path: "Tests/Faults/\($0)").path }
        let script = """
            compiler=$(command -v clang || command -v cc) || compiler="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
            exec "$compiler" -shared -fPIC -O1 -o "$@"
            """
        let compiled = try SpawnedProcess.run("/bin/sh", ["-c", script, "sh", library] + sources)
        guard compiled.status == 0 else { throw Failure(description: "\(library): \(compiled.output)") }
        environment = [
            "LD_PRELOAD": library, "CHAOS_CLOCK": "\(folder)/clock", "FULL_DISK": "\(folder)/full-disk",
        ]
        clock = try Self.file("\(folder)/clock", length: 8)
        disk = try Self.file("\(folder)/full-disk", length: 1)
    }

    /// Why there is no library.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Sets the wall clock, so many minutes from the true time.
    func setClock(minutes: Int) {
        var microseconds = Int64(minutes) * 60_000_000
        pwrite(clock.fileDescriptor, &microseconds, 8, 0)
    }

    /// Whether there is no room.
    func setDisk(isFull: Bool) {
        var byte: UInt8 = isFull ? 1 : 0
        pwrite(disk.fileDescriptor, &byte, 1, 0)
    }

    private static func file(_ path: String, length: Int) throws -> FileHandle {
        try Data(count: length).write(to: URL(filePath: path))
        return try FileHandle(forUpdating: URL(filePath: path))
    }
}
