import Basics
import OpenSSL
import Testing

@Suite("AES-256-GCM under a lasting key")
struct AES256GCMTests {
    // The GCM specification of McGrew and Viega, test case 16.
    private static let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    private static let nonce = hex("cafebabefacedbaddecaf888")
    private static let additionalData = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    private static let plaintext = hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    private static let sealed = hex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b")

    @Test("It gives the published ciphertext and tag, and takes them back")
    func publishedExample() throws {
        var cipher = try AES256GCM(key: Self.key)
        let sealed = try seal(&cipher, Self.plaintext, Self.nonce, Self.additionalData)
        #expect(sealed == Self.sealed)
        #expect(try open(&cipher, sealed, Self.nonce, Self.additionalData) == Self.plaintext)
    }

    @Test("Sealing and opening may alternate, with messages of any length", arguments: [0, 1, 15, 16, 17, 300, 70_000])
    func alternating(length: Int) throws {
        var cipher = try AES256GCM(key: Self.key)
        let message = [UInt8](repeating: 0x5a, count: length)
        for number in UInt8(0)..<4 {
            let nonce = [UInt8](repeating: number, count: 12)
            let sealed = try seal(&cipher, message, nonce, [number])
            #expect(try open(&cipher, sealed, nonce, [number]) == message)
        }
    }

    @Test("Any change is refused, with one and the same error, and gives nothing out")
    func changes() throws {
        var cipher = try AES256GCM(key: Self.key)
        var other = try AES256GCM(key: [UInt8](repeating: 9, count: 32))
        var errors: [OpenSSLError?] = []
        for index in Self.sealed.indices {
            var changed = Self.sealed
            changed[index] ^= 1
            errors.append(refusal(&cipher, changed, Self.nonce, Self.additionalData))
        }
        errors.append(refusal(&cipher, Self.sealed, [UInt8](repeating: 0, count: 12), Self.additionalData))
        errors.append(refusal(&cipher, Self.sealed, Self.nonce, []))
        errors.append(refusal(&other, Self.sealed, Self.nonce, Self.additionalData))
        #expect(errors.allSatisfy { $0?.code == .notAuthentic && $0 == errors.first })
        // And the context still works.
        #expect(try open(&cipher, Self.sealed, Self.nonce, Self.additionalData) == Self.plaintext)
    }

    @Test("Wrong lengths of key, nonce and buffers are refused")
    func wrongLengths() throws {
        for count in [0, 16, 24, 31, 33] {
            let error = #expect(throws: OpenSSLError.self) {
                _ = try AES256GCM(key: [UInt8](repeating: 0, count: count))
            }
            #expect(error?.code == .wrongSize)
        }
        var cipher = try AES256GCM(key: Self.key)
        #expect(throws: OpenSSLError.self) { try seal(&cipher, [1], [UInt8](repeating: 0, count: 11), []) }
        #expect(throws: OpenSSLError.self) { try seal(&cipher, [1], [UInt8](repeating: 0, count: 16), []) }
        #expect(throws: OpenSSLError.self) { try seal(&cipher, [1], Self.nonce, [], room: 16) }
        #expect(throws: OpenSSLError.self) { try open(&cipher, [UInt8](repeating: 0, count: 15), Self.nonce, []) }
    }

    @discardableResult
    private func seal(
        _ cipher: inout AES256GCM, _ message: [UInt8], _ nonce: [UInt8], _ additionalData: [UInt8], room: Int? = nil
    ) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: room ?? message.count + 16)
        try message.withUnsafeBytes { message in
            try nonce.withUnsafeBytes { nonce in
                try additionalData.withUnsafeBytes { additionalData in
                    try out.withUnsafeMutableBytes {
                        try cipher.seal(message, nonce: nonce, additionalData: additionalData, into: $0)
                    }
                }
            }
        }
        return out
    }

    @discardableResult
    private func open(
        _ cipher: inout AES256GCM, _ sealed: [UInt8], _ nonce: [UInt8], _ additionalData: [UInt8]
    ) throws -> [UInt8] {
        var out = [UInt8](repeating: 0xee, count: max(0, sealed.count - 16))
        try sealed.withUnsafeBytes { sealed in
            try nonce.withUnsafeBytes { nonce in
                try additionalData.withUnsafeBytes { additionalData in
                    try out.withUnsafeMutableBytes { out in
                        do {
                            try cipher.open(sealed, nonce: nonce, additionalData: additionalData, into: out)
                        } catch let error as OpenSSLError where error.code == .notAuthentic {
                            #expect(out.allSatisfy { $0 == 0 })
                            throw error
                        }
                    }
                }
            }
        }
        return out
    }

    private func refusal(
        _ cipher: inout AES256GCM, _ sealed: [UInt8], _ nonce: [UInt8], _ additionalData: [UInt8]
    ) -> OpenSSLError? {
        #expect(throws: OpenSSLError.self) { try open(&cipher, sealed, nonce, additionalData) }
    }

    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
