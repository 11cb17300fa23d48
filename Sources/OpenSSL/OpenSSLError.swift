/// Why an OpenSSL operation was refused or failed.
///
/// Neither text ever holds key material, a password or the data worked on.
public struct OpenSSLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Code: Sendable, Equatable {
        /// The bytes are no key, certificate or keystore in any format known here.
        case unreadable
        /// The file is well formed, but holds something else than what belongs there.
        case wrongKind
        /// The key is shorter than 2048 bits of RSA, or as weak as that.
        case tooWeak
        /// The key or keystore is encrypted and no password was given.
        case passwordMissing
        /// The key or keystore does not open with the password given.
        case wrongPassword
        /// A private key and a certificate do not belong together.
        case mismatch
        /// A ciphertext, tag or wrapped key does not fit the key.
        case notAuthentic
        /// A buffer, key or nonce has a length the algorithm does not take.
        case wrongSize
        /// OpenSSL itself failed: memory, random numbers, or its installation.
        case library
    }

    /// What kind of trouble it is.
    public let code: Code
    /// One sentence that says what is wrong and what to do.
    public let message: String
    /// OpenSSL's own words for the failure, its library and reason only; empty where OpenSSL was not asked.
    public let reason: String

    /// The message, followed by OpenSSL's own words where there are any.
    public var description: String {
        reason.isEmpty ? message : "\(message) (OpenSSL: \(reason))"
    }
}
