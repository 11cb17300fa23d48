import Basics
import OpenSSL
import Testing

@Suite("SHA-256, HMAC-SHA-256 and random numbers")
struct HashingTests {
    @Test(
        "SHA-256 gives the published digests",
        arguments: [
            // FIPS 180-4 examples, and the empty message.
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func publishedDigests(message: String, digest: String) throws {
        let bytes = Array(message.utf8)
        #expect(try SHA256.hex(bytes) == digest)
        #expect(try Hexadecimal.encode(SHA256.digest(bytes)) == digest)
    }

    @Test("A stream gives the same digest however it is cut", arguments: [1, 7, 64, 1000])
    func stream(pieceSize: Int) throws {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var stream = try SHA256Stream()
        for start in stride(from: 0, to: bytes.count, by: pieceSize) {
            let piece = Array(bytes[start..<min(start + pieceSize, bytes.count)])
            try piece.withUnsafeBytes { try stream.update($0) }
        }
        #expect(try stream.finish() == SHA256.digest(bytes))
    }

    @Test("A stream of nothing gives the digest of nothing")
    func emptyStream() throws {
        let stream = try SHA256Stream()
        #expect(try stream.finish() == SHA256.digest([UInt8]()))
    }

    @Test("HMAC-SHA-256 gives the published codes", arguments: HMACVector.rfc4231)
    func publishedCodes(vector: HMACVector) throws {
        let authenticator = try HMACSHA256(key: vector.key)
        #expect(try Hexadecimal.encode(authenticator.code(for: vector.message)) == vector.code)
        // The prepared states are not used up.
        #expect(try Hexadecimal.encode(authenticator.code(for: vector.message)) == vector.code)
    }

    @Test("One HMAC key serves several tasks at once")
    func concurrentCodes() async throws {
        let authenticator = try HMACSHA256(key: [1, 2, 3])
        let messages = (0..<64).map { [UInt8](repeating: UInt8($0), count: $0) }
        let expected = try messages.map { try authenticator.code(for: $0) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 where try messages.map({ try authenticator.code(for: $0) }) != expected {
                        return false
                    }
                    return true
                }
            }
            for try await agreed in group { #expect(agreed) }
        }
    }

    @Test("A buffer too short for a code or digest is refused")
    func shortBuffer() throws {
        let authenticator = try HMACSHA256(key: [1])
        let message: [UInt8] = [1, 2, 3]
        var short = [UInt8](repeating: 0, count: 31)
        for operation in [authenticator.code(for:into:), SHA256.digest(_:into:)] {
            let error = #expect(throws: OpenSSLError.self) {
                try message.withUnsafeBytes { message in
                    try short.withUnsafeMutableBytes { try operation(message, $0) }
                }
            }
            #expect(error?.code == .wrongSize)
        }
    }

    @Test("Random bytes have the length asked for and differ")
    func randomBytes() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        #expect(try SecureRandom.bytes(33).count == 33)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }
}
