import Foundation
import JOSE
import OpenSSL
import Testing

@Suite("Making tokens")
struct JWEEncrypterTests {
    @Test("What is encrypted opens to the same bytes", arguments: ["rsa2048", "rsa3072", "rsa4096"])
    func roundTrip(name: String) throws {
        let key = try Vectors.key(name)
        let encrypter = try JWEEncrypter(publicKey: key.publicKey, keyID: key.publicKey.fingerprint)
        let decrypter = JWEDecrypter(privateKey: key)
        for count in [0, 1, 2, 3, 15, 16, 17, 300, 70_000] {
            let plaintext = try SecureRandom.bytes(count)
            #expect(try decrypter.decrypt(encrypter.encrypt(plaintext)) == plaintext)
        }
    }

    @Test("The header is exactly the four members, and the parts have their lengths")
    func header() throws {
        let key = try Vectors.key("rsa2048")
        let token = try JWEEncrypter(publicKey: key.publicKey, keyID: "the key").encrypt([1, 2, 3])
        let header = try JWEHeader.inspect(token)
        let text = #"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"application/json","kid":"the key"}"#
        #expect(String(decoding: header.json, as: UTF8.self) == text)
        #expect(header.segmentSizes.encryptedKey == 256)
        #expect(header.segmentSizes.initializationVector == 12)
        #expect(header.segmentSizes.ciphertext == 3)
        #expect(header.segmentSizes.tag == 16)
        #expect(
            token.allSatisfy {
                $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
            })
    }

    @Test("A key id with marks and letters of any script is written as JSON", arguments: [#"a"b\c"#, "鍵 é", "a\u{1}b"])
    func keyID(keyID: String) throws {
        let key = try Vectors.key("rsa2048")
        let token = try JWEEncrypter(publicKey: key.publicKey, keyID: keyID).encrypt([])
        #expect(try JWEHeader.inspect(token).kid == keyID)
        #expect(try JWEDecrypter(privateKey: key).decrypt(token).isEmpty)
    }

    @Test("No two tokens share a key or a nonce")
    func freshness() throws {
        let key = try Vectors.key("rsa2048")
        let encrypter = try JWEEncrypter(publicKey: key.publicKey, keyID: "k")
        let parts = try (0..<32).map { _ in
            try encrypter.encrypt([7]).split(separator: UInt8(ascii: ".")).map(Array.init)
        }
        #expect(Set(parts.map { $0[1] }).count == 32)
        #expect(Set(parts.map { $0[2] }).count == 32)
        // With the key the same, one byte of ciphertext would be one of 256; with the tag it could not repeat.
        #expect(Set(parts.map { $0[4] }).count == 32)
    }

    @Test("Keys that cannot encrypt or are too weak, and key ids that are none, are refused")
    func refusals() throws {
        let weak = "-----BEGIN PUBLIC KEY-----\n" + Self.weakKey + "\n-----END PUBLIC KEY-----\n"
        let file = try KeyFile(Array(weak.utf8), password: nil, name: "weak")
        let weakKey = try #require(file.publicKeys.first)
        let strongKey = try Vectors.key("rsa2048").publicKey
        for (key, keyID) in [(weakKey, "k"), (strongKey, ""), (strongKey, String(repeating: "k", count: 1025))] {
            let error = #expect(throws: JWEError.self) { try JWEEncrypter(publicKey: key, keyID: keyID) }
            guard case .unsupported = error else {
                Issue.record("got \(String(describing: error))")
                continue
            }
        }
    }

    @Test("One encrypter and one decrypter serve several tasks at once")
    func concurrent() async throws {
        let key = try Vectors.key("rsa2048")
        let encrypter = try JWEEncrypter(publicKey: key.publicKey, keyID: "k")
        let decrypter = JWEDecrypter(privateKey: key)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in UInt8(0)..<16 {
                group.addTask {
                    let plaintext = [UInt8](repeating: number, count: 1000)
                    return try decrypter.decrypt(encrypter.encrypt(plaintext)) == plaintext
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024`, its public half.
    private static let weakKey = """
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC1GeF7tmj3C5HZhOUUli+Vvdc/
        /FLrwopJGRqgj5XO0DAeTICtgpNg5wktb1c2zQkTJWfM/smoJeedhWlqd6Z+HCCC
        qn08F/k3U5lRMgWkjhxuIilRlkT2qhsuK9vE9mgpPHxk1MVp66r8SJeq1jkij0D/
        xuBGce7/wp3YVPieEQIDAQAB
        """
}
