import Basics
import Foundation

/// chromedriver as a process of its own, with a port that it chooses.
final class DriverProcess: Sendable {
    private let output = Pipe()
    private let process: SpawnedProcess

    /// Starts it in a folder.
    init(in folder: String) throws {
        let nothing = FileHandle.nullDevice.fileDescriptor
        process = try SpawnedProcess(
            ["/usr/bin/chromedriver", "--port=0"], environment: ProcessInfo.processInfo.environment, in: folder,
            descriptors: (nothing, output.fileHandleForWriting.fileDescriptor, nothing))
        try output.fileHandleForWriting.close()
    }

    /// Starts one, and returns it with its port once it listens there. It chooses a port of IPv4, and ends where that of
    /// IPv6 is taken, as it may be beside many servers: then another is started.
    static func listening(in folder: String) async throws -> (driver: DriverProcess, port: UInt16) {
        var last: (any Error)?
        for _ in 0..<5 {
            let driver = try DriverProcess(in: folder)
            do {
                return (driver, try await driver.port())
            } catch {
                await driver.end()
                last = error
            }
        }
        throw last ?? CancellationError()
    }

    /// The port, which it says once it listens there; it says no more than a pipe holds afterwards.
    private func port() async throws -> UInt16 {
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

    /// Ends it and the browsers that it started, and returns when it has ended.
    func end() async {
        kill(-process.identifier, SIGKILL)
        _ = await process.ended()
    }
}
