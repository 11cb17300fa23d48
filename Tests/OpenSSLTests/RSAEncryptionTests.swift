import Basics
import OpenSSL
import Testing

@Suite("RSA-OAEP-256")
struct RSAEncryptionTests {
    private let key: PrivateKey
    private let message = [UInt8](0..<32)

    init() throws {
        key = try PrivateKey.load(Fixture.bytes(RSAFixtures.pkcs8), password: nil, name: "key")
    }

    @Test("What the public half encrypts the private half opens", arguments: [0, 1, 32, 190])
    func roundTrip(length: Int) throws {
        let message = [UInt8](repeating: 7, count: length)
        let wrapped = try key.publicKey.encryptOAEPSHA256(message)
        #expect(wrapped.count == 256)
        #expect(try key.decryptOAEPSHA256(wrapped) == message)
    }

    @Test("A message too long for the key is refused")
    func tooLong() throws {
        let error = #expect(throws: OpenSSLError.self) {
            try key.publicKey.encryptOAEPSHA256([UInt8](repeating: 0, count: 191))
        }
        #expect(error?.code == .wrongSize)
    }

    @Test("A changed ciphertext is refused, however it was changed, with one and the same error")
    func changed() throws {
        let wrapped = try key.publicKey.encryptOAEPSHA256(message)
        var flipped = wrapped
        flipped[200] ^= 1
        let broken = [
            flipped, [], [1], Array(wrapped.dropLast()), wrapped + [0], [0] + wrapped,
            [UInt8](repeating: 0xff, count: 256), [UInt8](repeating: 0, count: 256),
        ]
        let errors = broken.map { bytes in #expect(throws: OpenSSLError.self) { try key.decryptOAEPSHA256(bytes) } }
        #expect(errors.allSatisfy { $0?.code == .notAuthentic && $0 == errors.first })
    }

    @Test("Unwrapping gives the key that was wrapped")
    func unwrap() throws {
        #expect(try unwrapped(key.publicKey.encryptOAEPSHA256(message)) == message)
    }

    @Test("Unwrapping what does not open gives a fresh random key of the right length each time, and no error")
    func unwrapFailure() throws {
        let wrapped = try key.publicKey.encryptOAEPSHA256(message)
        let ofAnotherLength = try key.publicKey.encryptOAEPSHA256([UInt8](repeating: 0, count: 16))
        let ofMoreLength = try key.publicKey.encryptOAEPSHA256([UInt8](repeating: 0, count: 33))
        var flipped = wrapped
        flipped[17] ^= 0x40
        let maximum = [UInt8](repeating: 0xff, count: 256)
        for bytes in [
            flipped, ofAnotherLength, ofMoreLength, [], [1], Array(wrapped.dropLast()), wrapped + [0], maximum,
        ] {
            let (first, second) = (try unwrapped(bytes), try unwrapped(bytes))
            #expect(first != second)
            for key in [first, second] {
                #expect(key != message)
                // A quarter of a random key's bytes being zero has a chance below 1 in 10^12; a key left half filled has 16.
                #expect(key.count { $0 == 0 } < 8)
            }
        }
    }

    @Test("One key serves several tasks at once")
    func concurrent() async throws {
        let (key, message) = (key, message)
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<16 {
                group.addTask { try key.decryptOAEPSHA256(key.publicKey.encryptOAEPSHA256(message)) }
            }
            for try await opened in group { #expect(opened == message) }
        }
    }

    @Test("A key of a kind that signs is refused by name")
    func signingKeys() throws {
        let bytes = Fixture.bytes(OtherKeyFixtures.ec)
        let ec = try #require(try KeyFile(bytes, password: nil, name: "ec").privateKeys.first)
        let operations: [() throws -> Void] = [
            { _ = try ec.publicKey.encryptOAEPSHA256([1]) },
            { _ = try ec.decryptOAEPSHA256([1]) },
            { try unwrapped([1], with: ec) },
        ]
        for operation in operations {
            let error = #expect(throws: OpenSSLError.self) { try operation() }
            #expect(error?.code == .wrongKind)
            #expect(error?.message.contains("EC") == true)
        }
    }

    @discardableResult
    private func unwrapped(_ wrapped: [UInt8], with other: PrivateKey? = nil) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        try wrapped.withUnsafeBytes { wrapped in
            try out.withUnsafeMutableBytes { try (other ?? key).unwrapOAEPSHA256(wrapped, into: $0) }
        }
        return out
    }
}
