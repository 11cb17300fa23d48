import OpenSSL

/// Where the parts of a token lie in one buffer, before they are written as base64url.
struct TokenLayout {
    let encryptedKey: Range<Int>
    let nonce: Range<Int>
    let ciphertext: Range<Int>
    let tag: Range<Int>

    init(keyByteCount: Int, plaintextByteCount: Int) {
        encryptedKey = 0..<keyByteCount
        nonce = encryptedKey.upperBound..<encryptedKey.upperBound + AES256GCM.nonceByteCount
        ciphertext = nonce.upperBound..<nonce.upperBound + plaintextByteCount
        tag = ciphertext.upperBound..<ciphertext.upperBound + AES256GCM.tagByteCount
    }

    /// Ciphertext and tag together.
    var sealed: Range<Int> { ciphertext.lowerBound..<tag.upperBound }

    var byteCount: Int { tag.upperBound }
}
