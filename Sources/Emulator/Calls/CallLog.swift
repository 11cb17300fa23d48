import Basics
import Foundation
import JSON

/// Counts the calls and appends each to the log file before it is answered, so that the log can be compared with a
/// client's ledger whatever happens to either.
final class CallLog: Sendable {
    private struct State {
        var number: Int
        var total = 0
        var byStatus: [Int: Int] = [:]
        var byFault: [String: Int] = [:]
        var byRequest: [RequestKey: Int] = [:]
    }

    private let file: CallLogFile?
    private let onCall: (@Sendable (Int) -> Void)?
    private let state: Lock<State>

    /// - Parameters:
    ///   - path: the file to append to; nil: count only. An existing log is continued.
    ///   - onCall: called with the number of calls each time one has been counted.
    /// - Throws: ``EmulatorError`` if the file cannot be opened.
    init(path: String?, onCall: (@Sendable (Int) -> Void)? = nil) throws(EmulatorError) {
        self.onCall = onCall
        file = if let path { try CallLogFile(path: path) } else { nil }
        state = Lock(State(number: file?.lines ?? 0))
    }

    /// Counts a call for the record and says which it is, from 1.
    func begin(_ key: RequestKey) -> Int {
        state.withLock { state in
            state.byRequest[key, default: 0] += 1
            return state.byRequest[key, default: 0]
        }
    }

    /// Writes the call to the log; it may be answered once this returns.
    func record(_ call: Call) throws(EmulatorError) {
        let total = try count(call)
        onCall?(total)
    }

    private func count(_ call: Call) throws(EmulatorError) -> Int {
        // The number and the line belong together: lines stand in the file in the order of their numbers.
        let counted: Result<Int, EmulatorError> = state.withLock { state in
            do throws(EmulatorError) {
                try file?.append(call.line(number: state.number + 1))
            } catch {
                return .failure(error)
            }
            state.number += 1
            state.total += 1
            state.byStatus[call.status, default: 0] += 1
            if let fault = call.fault { state.byFault[fault, default: 0] += 1 }
            return .success(state.total)
        }
        return try counted.get()
    }

    /// The counts so far.
    var counts: CallCounts {
        state.withLock { state in
            var counts = CallCounts()
            counts.total = state.total
            counts.byStatus = state.byStatus
            counts.byFault = state.byFault
            counts.byRequest = Dictionary(state.byRequest.map { ($0.hex, $1) }) { first, _ in first }
            return counts
        }
    }
}

/// The log of calls as a file of lines: opened once, each line one `write(2)`.
final class CallLogFile: Sendable {
    /// How many lines the file held when it was opened.
    let lines: Int
    private let file: OwnedDescriptor

    init(path: String) throws(EmulatorError) {
        do throws(SystemFault) {
            let file = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_APPEND)
            lines = try Self.countLines(of: file)
            self.file = file
        } catch {
            throw EmulatorError.log(error.text)
        }
    }

    /// Appends the line; returns once the kernel has all of it.
    func append(_ line: [UInt8]) throws(EmulatorError) {
        try SystemFault.translating(by: { EmulatorError.log($0.text) }) { () throws(SystemFault) in try file.write(line)
        }
    }

    /// The lines of a file; 0 for a device or a pipe.
    private static func countLines(of file: borrowing OwnedDescriptor) throws(SystemFault) -> Int {
        guard try file.facts().st_mode & S_IFMT == S_IFREG else { return 0 }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer { buffer.deallocate() }
        var lines = 0
        while true {
            let count = try file.readNext(into: buffer)
            if count == 0 { return lines }
            lines += buffer[..<count].count { $0 == UInt8(ascii: "\n") }
        }
    }
}

/// One line of the log of calls.
struct Call: Sendable {
    /// When the request had been read.
    var at: WallTime
    /// `user.account.hashedAccountId`; nil if the request could not be opened.
    var account: String?
    /// The record; nil if the request could not be opened.
    var key: RequestKey?
    /// Which call for this record it is, from 1; nil if the request could not be opened.
    var attempt: Int?
    /// The status answered, 0 for none.
    var status: Int
    /// The name of its fault; nil for an ordinary answer.
    var fault: String?
    var correlationID: String

    /// The line as JSON, with its newline.
    func line(number: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("n")
        writer.integer(Int64(number))
        writer.key("at")
        writer.integer(at.milliseconds)
        Self.write("account", account, to: &writer)
        Self.write("request", key?.hex, to: &writer)
        writer.key("attempt")
        if let attempt { writer.integer(Int64(attempt)) } else { writer.null() }
        writer.key("status")
        writer.integer(Int64(status))
        Self.write("fault", fault, to: &writer)
        Self.write("correlation_id", correlationID, to: &writer)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ key: String, _ value: String?, to writer: inout JSONWriter) {
        writer.key(key)
        if let value { writer.string(value) } else { writer.null() }
    }
}

/// What the emulator has counted since it started: the requests to `openings` whose body it read to the end.
package struct CallCounts: Sendable, Equatable {
    /// All calls.
    package internal(set) var total = 0
    /// Calls by the status they were answered with; 0 for those left without an answer.
    package internal(set) var byStatus: [Int: Int] = [:]
    /// Calls by the hexadecimal SHA-256 of the canonical request. Calls that could not be opened are not in it.
    package internal(set) var byRequest: [String: Int] = [:]
    /// Calls by the name of their fault.
    package internal(set) var byFault: [String: Int] = [:]
}
