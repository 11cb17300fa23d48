import Basics
import Foundation

/// chromedriver as a process of its own, with a port that it chooses.
final class DriverProcess: Sendable {
    private let output = Pipe()
    private let identifier: pid_t
    private let ended: AsyncStream<Void>

    /// Starts it in a folder.
    init(in folder: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/chromedriver")
        process.arguments = ["--port=0"]
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        ended = stream
        try process.run()
        identifier = process.processIdentifier
    }

    /// The port, which it says once it listens there; it says no more than a pipe holds afterwards.
    func port() async throws -> UInt16 {
        let words = "started successfully on port "
        return try await BlockingWork.run { [output] in
            var text = ""
            while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                text += String(decoding: data, as: UTF8.self)
                guard let place = text.range(of: words) else { continue }
                let rest = text[place.upperBound...]
                let number = rest.prefix { $0.isNumber }
                if number.count < rest.count, let port = UInt16(number) { return port }
            }
            throw Browser.Refusal(description: "chromedriver did not start: \(text)")
        }
    }

    /// Ends it, and returns when it has ended.
    func end() async {
        kill(identifier, SIGKILL)
        for await _ in ended {}
    }
}
