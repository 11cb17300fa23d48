import Basics
import Foundation
import OpenSSL

/// A signature with the installation's own key, `audit.key` in `keys_folder`, and what is needed to verify it.
package struct AuditSignature: Sendable, Equatable, Codable {
    /// `Ed25519` (RFC 8032), over the bytes as they stand.
    package let algorithm: String
    /// The public key as PEM, `BEGIN PUBLIC KEY`.
    package let publicKey: String
    /// 64 bytes in Base64 (RFC 4648 §4).
    package let value: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case algorithm, value
        case publicKey = "public_key"
    }
}

extension RecordStore {
    /// Signs what is to be believed by people who do not have this installation, such as a receipt.
    ///
    /// The key is made at its first use and lies in `audit.key` in `keys_folder`, sealed by the sealing key. If it is lost,
    /// what was signed before can still be verified with the public key beside its signature; a new one is made.
    ///
    /// - Parameter bytes: What is signed.
    /// - Returns: The signature, with the public key.
    /// - Throws: ``StoreError`` when the key cannot be made, or the sealing key is missing or another; an OpenSSL error.
    package func sign(_ bytes: [UInt8]) async throws -> AuditSignature {
        try await BlockingWork.run {
            let path = keys.folder.auditKey
            try keys.makeIfMissing(at: path, as: .auditKey)
            guard let seed = try keys.key(at: path, as: .auditKey, owner: 0) else {
                throw StoreError(.keysFolder, "audit.key was removed from keys_folder as soon as it was made")
            }
            let key = try SigningKey(seed: seed)
            return AuditSignature(
                algorithm: "Ed25519", publicKey: String(decoding: try key.publicKeyPEM(), as: UTF8.self),
                value: Data(try key.sign(bytes)).base64EncodedString())
        }
    }
}
