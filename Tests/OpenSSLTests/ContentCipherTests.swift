import Basics
import OpenSSL
import Testing

@Suite("Ciphers for one message")
struct ContentCipherTests {
    @Test("Each opens what it sealed, with nonces of 12 and of 16 bytes", arguments: ContentCipher.allCases, [12, 16])
    func roundTrip(cipher: ContentCipher, nonceLength: Int) throws {
        guard cipher.takesNonce(ofByteCount: nonceLength) else { return }
        let key = try SecureRandom.bytes(cipher.keyByteCount)
        let nonce = try SecureRandom.bytes(nonceLength)
        for message in [[], [1], [UInt8](repeating: 2, count: 16), [UInt8](repeating: 3, count: 1000)] {
            let sealed = try seal(cipher, message, key: key, nonce: nonce)
            #expect(try open(cipher, sealed, key: key, nonce: nonce) == message)
        }
    }

    /// RFC 7518 §B.1.
    @Test("CBC with HMAC makes and opens the published example and refuses it changed")
    func publishedExample() throws {
        let key = [UInt8](0x00...0x1f)
        let nonce = hex("1af38c2dc2b96ffdd86694092341bc04")
        let additionalData = Array("The second principle of Auguste Kerckhoffs".utf8)
        let plaintext = Array(
            ("A cipher system must not be required to be secret, and it must be able to fall into the hands of "
                + "the enemy without inconvenience").utf8)
        let ciphertext = hex(
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9"
                + "a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362c7032336"
                + "09d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b"
                + "384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade5"
                + "4b8851ffb598f7f80074b9473c82e2db")
        let tag = hex("652c3fa36b0a7c5b3219fab3a30bc1c4")
        let cipher = ContentCipher.aes128CBCHMACSHA256
        let sealed = ciphertext + tag
        #expect(try seal(cipher, plaintext, key: key, nonce: nonce, additionalData: additionalData) == sealed)
        #expect(try open(cipher, sealed, key: key, nonce: nonce, additionalData: additionalData) == plaintext)
        for index in [0, 17, ciphertext.count - 1, ciphertext.count, sealed.count - 1] {
            var changed = sealed
            changed[index] ^= 1
            let error = #expect(throws: OpenSSLError.self) {
                try open(cipher, changed, key: key, nonce: nonce, additionalData: additionalData)
            }
            #expect(error?.code == .notAuthentic)
        }
    }

    @Test("Lengths of keys, nonces and tags that do not fit are refused", arguments: ContentCipher.allCases)
    func wrongLengths(cipher: ContentCipher) throws {
        let sealed = [UInt8](repeating: 0, count: 32)
        let key = [UInt8](repeating: 0, count: cipher.keyByteCount)
        for (key, nonceLength) in [
            (key + [0], 16), (Array(key.dropLast()), 16), ([], 16), (key, 11), (key, 0), (key, 32),
        ] {
            let error = #expect(throws: OpenSSLError.self) {
                try open(cipher, sealed, key: key, nonce: [UInt8](repeating: 0, count: nonceLength))
            }
            #expect([.wrongSize, .notAuthentic].contains(error?.code))
        }
        #expect(cipher.takesNonce(ofByteCount: 16))
        #expect(cipher.takesNonce(ofByteCount: 12) == (cipher != .aes128CBCHMACSHA256))
        #expect(![0, 8, 13, 32].contains { cipher.takesNonce(ofByteCount: $0) })
    }

    @discardableResult
    private func seal(
        _ cipher: ContentCipher, _ message: [UInt8], key: [UInt8], nonce: [UInt8], additionalData: [UInt8] = []
    ) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: cipher.ciphertextByteCount(of: message.count) + 16)
        try message.withUnsafeBytes { message in
            try key.withUnsafeBytes { key in
                try nonce.withUnsafeBytes { nonce in
                    try additionalData.withUnsafeBytes { additionalData in
                        try out.withUnsafeMutableBytes {
                            try cipher.seal(message, key: key, nonce: nonce, additionalData: additionalData, into: $0)
                        }
                    }
                }
            }
        }
        return out
    }

    private func open(
        _ cipher: ContentCipher, _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], additionalData: [UInt8] = []
    ) throws -> [UInt8] {
        try sealed.withUnsafeBytes { sealed in
            try key.withUnsafeBytes { key in
                try nonce.withUnsafeBytes { nonce in
                    try additionalData.withUnsafeBytes { additionalData in
                        try cipher.open(
                            UnsafeRawBufferPointer(rebasing: sealed.dropLast(16)),
                            tag: UnsafeRawBufferPointer(rebasing: sealed.suffix(16)), key: key, nonce: nonce,
                            additionalData: additionalData)
                    }
                }
            }
        }
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
