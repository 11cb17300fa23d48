package import Basics
import COpenSSL

/// Why an OpenSSL operation was refused or failed.
///
/// Its cause is OpenSSL's own message, its library and reason only; nil where OpenSSL was not called.
/// Neither text ever holds key material, a password or the data worked on.
package typealias OpenSSLError = CodedError<OpenSSLErrorCode>

/// What kind of trouble there is with a key, a certificate or a ciphertext.
package enum OpenSSLErrorCode: Sendable, Equatable {
    /// The bytes are no key, certificate or keystore in any supported format.
    case unreadable
    /// The file is well formed, but holds something other than what belongs there.
    case wrongKind
    /// The key is weaker than 2048-bit RSA.
    case tooWeak
    /// The key or keystore is encrypted and no password was given.
    case passwordMissing
    /// The password given does not open the key or keystore.
    case wrongPassword
    /// A private key and a certificate do not match.
    case mismatch
    /// A ciphertext, tag or wrapped key does not fit the key.
    case notAuthentic
    /// A buffer, key or nonce has a length the algorithm does not accept.
    case wrongSize
    /// OpenSSL itself failed: memory, random numbers, or its installation.
    case library
}

extension OpenSSLError {
    /// The one error for every message that does not open: the cause must not show.
    static var notAuthentic: OpenSSLError {
        refused(.notAuthentic, "The message does not open: it was changed, or sealed under another key")
    }
}

extension OpenSSLError {
    static func passwordMissing(name: String) -> OpenSSLError {
        refused(
            .passwordMissing,
            "\(name) is encrypted and no password was given; set its password, or the file that holds it")
    }

    static func wrongPassword(name: String) -> OpenSSLError {
        failed(.wrongPassword, "\(name) does not open with the password given; correct the password")
    }
}

extension OpenSSLError {
    /// An error with our own message; OpenSSL's queue is emptied, and its messages are not repeated.
    static func refused(_ code: Code, _ message: String) -> OpenSSLError {
        ERR_clear_error()
        return OpenSSLError(code, message)
    }

    /// An error with our own message and OpenSSL's, taken off its queue.
    static func failed(_ code: Code, _ message: String) -> OpenSSLError {
        OpenSSLError(code, message, cause: drainQueue())
    }

    /// An operation that fails only when OpenSSL or the machine has a fault.
    static func library(_ operation: StaticString) -> OpenSSLError {
        failed(.library, "OpenSSL could not \(operation); check that libssl3 is installed whole and memory is free")
    }

    /// A buffer of a length the algorithm does not accept: a programming error of the caller.
    static func wrongSize(_ rule: StaticString) -> OpenSSLError {
        refused(.wrongSize, "\(rule)")
    }

    /// Removes every entry from this thread's queue. The entries' free text is left out: it may quote the input.
    private static func drainQueue() -> String? {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { return reasons.isEmpty ? nil : "OpenSSL: " + reasons.joined(separator: "; ") }
            reasons.append(words(for: code))
        }
    }

    private static func words(for code: UInt) -> String {
        let library = ERR_lib_error_string(code).map { String(cString: $0) } ?? "unknown library"
        let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "reason \(code)"
        return "\(library): \(reason)"
    }
}

/// OpenSSL's calls return 1 (or a positive length) for success, 0 or less for failure.
func require(_ result: Int32, _ operation: StaticString) throws {
    guard result > 0 else { throw OpenSSLError.library(operation) }
}

/// OpenSSL's constructors return NULL for failure.
func require<Pointer>(_ pointer: Pointer?, _ operation: StaticString) throws -> Pointer {
    guard let pointer else { throw OpenSSLError.library(operation) }
    return pointer
}
