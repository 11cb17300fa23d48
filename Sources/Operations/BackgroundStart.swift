import Basics
import CPlatform
import Foundation

/// Starts this program once more, to go on in the background when this process has ended.
package struct BackgroundStart: Sendable {
    private let arguments: [String]
    private let log: String

    /// What goes on.
    package struct Started: Sendable {
        /// The number of its process.
        package let process: Int32
        /// What it wrote to standard output when it was ready.
        package let output: String
    }

    /// Describes the start.
    ///
    /// - Parameters:
    ///   - arguments: What follows the program's name.
    ///   - log: The file to which its standard error goes, made anew with mode 0600.
    package init(_ arguments: [String], log: String) { (self.arguments, self.log) = (arguments, log) }

    /// Starts it, in a process group of its own, and waits until it has written so many lines to standard output.
    ///
    /// - Parameter lineCount: By how many lines it shows that it is ready; it must write no more to standard output.
    /// - Returns: What goes on.
    /// - Throws: `OperationFailure` that says why it could not be started, or with what it ended before it was ready.
    package func perform(untilLines lineCount: Int) async throws -> Started {
        try await BlockingWork.run { try start(untilLines: lineCount) }
    }

    private func start(untilLines lineCount: Int) throws -> Started {
        var ends: [Int32] = [-1, -1]
        guard rollcall_pipe(&ends) == 0 else { throw refusal(String(cString: strerror(errno))) }
        let reading = try OwnedDescriptor(takingOwnershipOf: ends[0])
        let writing = try OwnedDescriptor(takingOwnershipOf: ends[1])
        let process = try spawn(outputTo: writing)
        // With its own end closed here, the end of its output is seen.
        writing.close()
        let output = try Self.lines(lineCount, from: reading)
        guard output.count(where: { $0 == "\n" }) >= lineCount else { throw failure(of: process) }
        return Started(process: process, output: output)
    }

    private func spawn(outputTo writing: borrowing OwnedDescriptor) throws -> pid_t {
        let errors = try opened(log, O_WRONLY | O_CREAT | O_TRUNC)
        let nothing = try opened("/dev/null", O_RDONLY)
        // A link that cannot be read leaves the name by which this process was started.
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        do throws(ChildProcess.Refusal) {
            return try ChildProcess.spawn(
                [program ?? CommandLine.arguments[0]] + arguments, ProcessInfo.processInfo.environment,
                FileManager.default.currentDirectoryPath, input: nothing,
                outputs: ChildProcess.Outputs(output: writing.number, errors: errors.number))
        } catch {
            throw refusal(error.message)
        }
    }

    private func opened(_ path: String, _ flags: Int32) throws -> OwnedDescriptor {
        try SystemFault.translating(by: { refusal("\(path): \($0.text)") }) { () throws(SystemFault) in
            try OwnedDescriptor(opening: path, flags)
        }
    }

    /// What was written until there were so many lines, or the end.
    private static func lines(_ count: Int, from reading: borrowing OwnedDescriptor) throws -> String {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer { buffer.deallocate() }
        while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            let read = try reading.readNext(into: buffer)
            guard read > 0 else { break }
            bytes += buffer.prefix(read)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Why the process, which has closed its output, is not there any more.
    private func failure(of process: pid_t) -> OperationFailure {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        // `man 2 waitpid`: the byte above the low seven bits is the exit code.
        let code = ExitStatus(rawValue: (status >> 8) & 0xFF) ?? .configuration
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let said = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // As this process will say it.
        let reason = said.hasPrefix("rollcall: ") ? String(said.dropFirst("rollcall: ".count)) : said
        return OperationFailure(
            code == .succeeded ? .configuration : code, reason.isEmpty ? "it ended without a word" : reason)
    }

    private func refusal(_ reason: String) -> OperationFailure {
        OperationFailure(.configuration, "it could not be started in the background: \(reason)")
    }
}
