/// Key material that cannot be used: which setting, which file, what is wrong and what to do.
public struct CredentialError: Error, Sendable, CustomStringConvertible {
    /// The setting that names the file, such as `api.decryption_key`.
    public let setting: String
    /// The file as the settings name it.
    public let path: String
    /// One sentence that names the file, says what is wrong and what to do; never key material.
    public let message: String

    /// The setting and the sentence, on one line.
    public var description: String { "\(setting): \(message)" }
}
