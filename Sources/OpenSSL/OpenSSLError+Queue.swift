import COpenSSL

extension OpenSSLError {
    /// An error with a sentence of ours; OpenSSL's queue is emptied, and its words are not repeated.
    static func refused(_ code: Code, _ message: String) -> OpenSSLError {
        ERR_clear_error()
        return OpenSSLError(code: code, message: message, reason: "")
    }

    /// An error with a sentence of ours and OpenSSL's own words, taken off its queue.
    static func failed(_ code: Code, _ message: String) -> OpenSSLError {
        OpenSSLError(code: code, message: message, reason: drainQueue())
    }

    /// An operation that fails only when OpenSSL or the machine is in trouble.
    static func library(_ operation: StaticString) -> OpenSSLError {
        failed(.library, "OpenSSL could not \(operation); check that libssl3 is installed whole and memory is free")
    }

    /// A buffer of a length the algorithm does not take: a mistake of the caller.
    static func wrongSize(_ rule: StaticString) -> OpenSSLError {
        refused(.wrongSize, "\(rule)")
    }

    /// Takes every entry off this thread's queue. The entries' free text is left out: it may quote the input.
    private static func drainQueue() -> String {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { return reasons.joined(separator: "; ") }
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
