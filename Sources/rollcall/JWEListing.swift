import Foundation
import JOSE

/// A token as `jwe inspect --json` prints it.
enum JWEListing {
    /// One line: the header as the token has it, the sizes of the parts in bytes, and whether a key that was named opens
    /// it.
    static func json(of header: JWEHeader, opens: Bool?) throws -> [UInt8] {
        let sizes = header.segmentSizes
        var members: [String: Any] = [
            "header": try JSONSerialization.jsonObject(with: Data(header.json)),
            "encrypted_key_bytes": sizes.encryptedKey, "initialization_vector_bytes": sizes.initializationVector,
            "ciphertext_bytes": sizes.ciphertext, "tag_bytes": sizes.tag,
        ]
        if let opens { members["opened"] = opens }
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try JSONSerialization.data(withJSONObject: members, options: options)) + [UInt8(ascii: "\n")]
    }
}
