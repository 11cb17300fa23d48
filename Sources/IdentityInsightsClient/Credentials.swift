public import Foundation
internal import JOSE
internal import OpenSSL

/// The key material of one endpoint, read and checked: who we are, whom we encrypt to, what we decrypt with.
public struct Credentials: Sendable {
    let identity: ClientIdentity
    let authorities: [UInt8]?
    let encrypter: JWEEncrypter
    let decrypter: JWEDecrypter

    /// The `kid` sent with each request.
    public let keyID: String
    /// What is probably wrong with the key id that was set, and what to do; nil: nothing.
    public let warning: String?
    /// SHA-256 of the client certificate's DER form, hex.
    public let certificateFingerprint: String
    /// When the first certificate of the client's chain ends.
    public let certificateEnd: Date

    /// Reads and checks all files.
    ///
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    public init(reading files: CredentialFiles) throws(CredentialError) {
        let loader = CredentialLoader(files: files)
        identity = try loader.identity()
        authorities = try loader.authorities()
        let (encryptionKey, id) = try loader.encryptionKey()
        (keyID, warning) = (id.sent, id.warning)
        encrypter = try loader.encrypter(to: encryptionKey, keyID: keyID)
        decrypter = JWEDecrypter(privateKey: try loader.decryptionKey())
        certificateFingerprint = identity.chain.first?.fingerprint ?? ""
        certificateEnd = identity.chain.map(\.notAfter).min() ?? .distantPast
    }
}
