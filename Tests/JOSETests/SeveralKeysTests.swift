import OpenSSL
import Testing

@testable import JOSE

@Suite("Decrypting with one of several keys")
struct SeveralKeysTests {
    private static let names = ["rsa2048", "rsa3072", "rsa4096"]

    private func token(to key: PrivateKey, keyID: String?) throws -> [UInt8] {
        try JWEEncrypter(publicKey: key.publicKey, keyID: keyID ?? key.publicKey.fingerprint).encrypt([1, 2, 3])
    }

    @Test("Each key's token is decrypted, whatever kid it bears", arguments: names)
    func each(name: String) throws {
        let keys = try Self.names.map(Vectors.key)
        let decrypter = JWEDecrypter(privateKeys: keys)
        let key = try Vectors.key(name)
        for keyID in [nil, key.publicKey.fingerprint.uppercased(), "no fingerprint", keys[0].publicKey.fingerprint] {
            #expect(try decrypter.decrypt(token(to: key, keyID: keyID)) == [1, 2, 3], "\(keyID ?? "its own")")
        }
    }

    @Test(
        "The key that the kid names is tried first, in any case of letters; the others keep their order",
        arguments: [
            ("b", ["b", "a", "c"]), ("C", ["c", "a", "b"]), ("a", ["a", "b", "c"]), ("d", ["a", "b", "c"]),
            (nil, ["a", "b", "c"]),
        ] as [(String?, [String])])
    func order(keyID: String?, expected: [String]) {
        #expect(JWEDecrypter.order(["a", "b", "c"], for: keyID) { $0 } == expected)
    }

    @Test("A token for none of them fails as one that was changed does, in error and text")
    func none() throws {
        let decrypter = JWEDecrypter(privateKeys: try ["rsa2048", "rsa3072"].map(Vectors.key))
        let stranger = try token(to: Vectors.key("rsa4096"), keyID: nil)
        var changed = try token(to: Vectors.key("rsa3072"), keyID: nil)
        // The first character of the tag, for another of base64url.
        let tag = try #require(changed.lastIndex(of: UInt8(ascii: "."))) + 1
        changed[tag] = changed[tag] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let errors = [stranger, changed].map { token in
            #expect(throws: JWEError.self) { try decrypter.decrypt(token) }
        }
        #expect(errors.allSatisfy { $0 == .undecryptable } && Set(errors.map { $0?.description }).count == 1)
    }

    private static let other = Result { try PrivateKey.generate(bits: 2048) }

    @Test(
        "Every published token that must not be decrypted is refused with several keys, too", arguments: Vectors.hostile
    )
    func hostile(vector: HostileVector) throws {
        let token = try #require(
            vector.token.map { Array($0.utf8) } ?? vector.tokenBytes.flatMap { Base64URL.decode(Array($0.utf8)) })
        let decrypter = JWEDecrypter(privateKeys: [try Self.other.get(), try Vectors.key(vector.key)])
        let error = #expect(throws: JWEError.self) { try decrypter.decrypt(token) }
        if vector.expected == "undecryptable" { #expect(error == .undecryptable) }
    }
}
