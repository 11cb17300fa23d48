import CPlatform
import Foundation
import SystemPackage

/// Why the system refused to open, read, write or synchronize a file, by its `errno` (`man 3 errno`), and what the user
/// can do about it. Every module that writes files reports it in these words.
package struct SystemFault: Error, Sendable, Equatable {
    /// The system's `errno`.
    package let code: Int32

    /// Creates a fault from its `errno`.
    package init(_ code: Int32) { self.code = code }

    /// The fault behind an error of Foundation's file functions; nil when unknown.
    package init?(behind error: any Error) {
        let error = error as? CocoaError
        if let cause = error?.underlying as? POSIXError {
            self.init(cause.code.rawValue)
        } else if error?.code == .fileWriteOutOfSpace {
            self.init(ENOSPC)
        } else if error?.code == .fileWriteVolumeReadOnly {
            self.init(EROFS)
        } else {
            return nil
        }
    }

    /// Whether there is no space, on the disk or within a quota (`man 2 write`).
    package var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }

    /// Whether it may pass without a change of settings: a disk that is full, fails or is read-only, a share that is
    /// unavailable, too many open files. Then starting again may help.
    package var maySubside: Bool {
        isFullDisk || [EIO, EROFS, ESTALE, ETIMEDOUT, EHOSTDOWN, ENETDOWN, EMFILE, ENFILE, ENOMEM].contains(code)
    }

    /// What to do; the rest of a sentence that says which file cannot be used.
    package var advice: String {
        switch code {
        case _ where isFullDisk: "the disk is full: make room on it"
        case EROFS: "the file system is read-only: make it writable"
        case EIO: "the disk failed: look at the kernel's log, repair or replace it"
        case ESTALE, ETIMEDOUT, EHOSTDOWN, ENETDOWN: "the network share is away: bring it back"
        case EMFILE, ENFILE: "too many files are open: raise the limit (LimitNOFILE=, ulimit -n)"
        default: "check the folder and its permissions"
        }
    }

    /// The system's own message.
    package var text: String { String(cString: strerror(code)) }
}

/// System calls that swift-system does not have, with the retries they need.
package enum SystemCall {
    /// Repeats a call as long as a signal interrupts it (EINTR, `man 7 signal`).
    ///
    /// - Parameter call: The call; a negative result means that `errno` says why it failed.
    /// - Returns: Its result.
    package static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            guard result < 0, errno == EINTR else { return result }
        }
    }

    /// The same for a call whose failure is an error.
    @discardableResult
    package static func performing<Result: SignedInteger>(_ call: () -> Result) throws(SystemFault) -> Result {
        let result = retrying(call)
        guard result >= 0 else { throw SystemFault(errno) }
        return result
    }

    /// Names the calling thread, as `ps -L` and `top -H` show it.
    ///
    /// - Parameter name: At most 15 bytes; the system cuts what is longer.
    package static func nameThread(_ name: String) {
        // It fails only for a name outside the process's memory (`man 2 prctl`, PR_SET_NAME).
        _ = rollcall_name_thread(name)
    }

    /// Writes all bytes to a descriptor that somebody else owns, such as standard output.
    package static func write(_ bytes: some Sequence<UInt8>, to number: Int32) throws(SystemFault) {
        try SystemFault.translating { _ = try FileDescriptor(rawValue: number).writeAll(bytes) }
    }
}

extension SystemFault {
    /// Makes calls of swift-system.
    static func translating<Value>(_ calls: () throws -> Value) throws(SystemFault) -> Value {
        do {
            return try calls()
        } catch {
            // swift-system throws nothing else.
            throw (error as? Errno).map { SystemFault($0.rawValue) } ?? SystemFault(EIO)
        }
    }

    /// Makes system calls whose fault becomes an error of a module.
    @discardableResult
    package static func translating<Value: ~Copyable, Failure: Error>(
        by translation: (SystemFault) -> Failure, _ calls: () throws(SystemFault) -> Value
    ) throws(Failure) -> Value {
        do {
            return try calls()
        } catch {
            throw translation(error)
        }
    }
}
