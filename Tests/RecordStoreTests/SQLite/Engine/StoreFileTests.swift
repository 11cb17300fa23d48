import Basics
import Foundation
import Testing

@testable import RecordStore

@Suite(.timeLimit(.minutes(15))) struct StoreFileTests {
    @Test func whatCannotBeReadIsNotTakenForEmpty() throws {
        let folder = try StoreFolder()
        // A folder can be opened but not read (EISDIR, `man 2 read`).
        let file = try StoreFile(folder.path, O_RDONLY | O_DIRECTORY)
        do {
            _ = try file.read(upTo: 8)
            Issue.record("a folder was read")
        } catch {
            #expect(error.code == .notReadable)
        }
    }

    @Test func aNewFileIsEmpty() throws {
        let folder = try StoreFolder()
        let file = try PrivateFile.create(folder.path + "/new")
        let bytes = try file.read(upTo: 8)
        #expect(bytes.isEmpty)
    }

    @Test func aFullDiskIsSaidToBeFull() throws {
        let file = try StoreFile("/dev/full", O_RDWR)
        do {
            try file.write([1, 2, 3])
            Issue.record("/dev/full took bytes")
        } catch {
            #expect(error.code == .diskFull)
            #expect(error.message.contains("make room"))
        }
    }

    @Test func signalsThatComeWhileAFileIsReadCostNothing() throws {
        let folder = try StoreFolder()
        let (pipe, copy) = (folder.path + "/pipe", folder.path + "/copy")
        try #require(mkfifo(pipe, 0o600) == 0)
        // Without SA_RESTART a signal ends the read of a pipe with EINTR (`man 7 signal`).
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        try #require(sigaction(SIGURG, &action, nil) == 0)
        let reader = SignalledReader(pipe, into: copy)
        // Held open from here, so that the reader meets no end before the last byte.
        let feed = open(pipe, O_WRONLY)
        for number in 0..<200 {
            reader.signal(SIGURG)
            var byte = UInt8(number)
            #expect(write(feed, &byte, 1) == 1)
        }
        close(feed)
        #expect(reader.failure() == nil)
        #expect(try Data(contentsOf: URL(filePath: copy)) == Data((0..<200).map { UInt8($0) }))
    }
}

/// Copies a file on a thread that can be signalled.
private final class SignalledReader {
    private final class State: @unchecked Sendable {
        // Written by the thread before `ended` is signalled, read after.
        var failure: (any Error)?
        var thread = pthread_t()
        let began = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
    }

    private let state = State()

    init(_ source: String, into target: String) {
        let thread = Thread { [state] in
            state.thread = pthread_self()
            state.began.signal()
            do {
                try PrivateFile.create(target).append(contentOf: StoreFile(source, O_RDONLY))
            } catch {
                state.failure = error
            }
            state.ended.signal()
        }
        thread.start()
        state.began.wait()
    }

    func signal(_ number: Int32) { pthread_kill(state.thread, number) }

    func failure() -> (any Error)? {
        state.ended.wait()
        return state.failure
    }
}
