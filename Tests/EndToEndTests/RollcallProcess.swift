import Foundation
import Synchronization

/// The built `rollcall` as a process of its own, its output kept in files.
final class RollcallProcess: Sendable {
    /// How a process ended and what it wrote.
    struct Ended: Sendable {
        /// The exit code, or minus the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    private let process: Mutex<Process>
    private let folder: URL
    private let ended: AsyncStream<Int32>
    let identifier: pid_t

    /// Starts `rollcall` with arguments; it is running when this returns.
    init(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], in directory: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-process-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        process.environment = Self.environment.merging(environment) { $1 }
        process.standardOutput = try Self.file(folder.appending(path: "output"))
        process.standardError = try Self.file(folder.appending(path: "errors"))
        let inputFile = folder.appending(path: "input")
        try Data(input).write(to: inputFile)
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        process.terminationHandler = { process in
            let byExit = process.terminationReason == .exit
            continuation.yield(byExit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        ended = stream
        try process.run()
        identifier = process.processIdentifier
        self.process = Mutex(process)
    }

    /// The tool beside the test bundle.
    static let executable: URL = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "rollcall")
    }()

    /// The environment without settings of the person who runs the tests.
    private static let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ROLLCALL_") }

    /// Waits until the process has ended.
    func wait() async throws -> Ended {
        var status: Int32 = 0
        for await value in ended { status = value }
        let result = Ended(status: status, output: try text("output"), errors: try text("errors"))
        try FileManager.default.removeItem(at: folder)
        return result
    }

    /// Sends a signal to this process and no other.
    func signal(_ number: Int32) {
        kill(identifier, number)
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }

    private static func file(_ url: URL) throws -> FileHandle {
        FileManager.default.createFile(atPath: url.path, contents: nil)
        return try FileHandle(forWritingTo: url)
    }
}
