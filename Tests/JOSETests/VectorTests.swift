import JOSE
import OpenSSL
import Testing

@Suite("Tokens of other implementations")
struct VectorTests {
    @Test("The vectors are all there")
    func complete() throws {
        #expect(Vectors.keys.count == 4)
        #expect(Vectors.good.count == 112)
        #expect(Vectors.hostile.count == 345)
        for entry in Vectors.keyEntries {
            let key = try Vectors.key(entry.name)
            #expect(key.bits == entry.bits)
            #expect(key.publicKey.fingerprint == entry.kid)
        }
    }

    @Test("Every good token opens to its plaintext", arguments: Vectors.good)
    func good(vector: GoodVector) throws {
        let opened = try JWEDecrypter(privateKey: Vectors.key(vector.key)).decrypt(Array(vector.token.utf8))
        #expect(opened.count == vector.plaintextBytes)
        #expect(try SHA256.hex(opened) == vector.plaintextSha256)
        if let plaintext = vector.plaintext {
            #expect(Base64URL.decode(Array(plaintext.utf8)) == opened)
        }
        #expect(try JWEHeader.inspect(Array(vector.token.utf8)).enc == vector.enc)
    }

    @Test("Every hostile token is refused, for the reason it should be", arguments: Vectors.hostile)
    func hostile(vector: HostileVector) throws {
        let token = try #require(
            vector.token.map { Array($0.utf8) } ?? vector.tokenBytes.flatMap { Base64URL.decode(Array($0.utf8)) })
        let decrypter = JWEDecrypter(privateKey: try Vectors.key(vector.key))
        let error = #expect(throws: JWEError.self) { try decrypter.decrypt(token) }
        switch (vector.expected, error) {
        case ("malformed", .malformed), ("unsupported", .unsupported), ("undecryptable", .undecryptable): break
        default: Issue.record("expected \(vector.expected), got \(String(describing: error))")
        }
    }

    @Test("All that depends on a key is one error, in value and text")
    func indistinguishable() throws {
        let vectors = Vectors.hostile.filter { $0.expected == "undecryptable" }
        #expect(vectors.count > 100)
        let errors = try vectors.map { vector in
            let decrypter = JWEDecrypter(privateKey: try Vectors.key(vector.key))
            return #expect(throws: JWEError.self) { try decrypter.decrypt(Array((vector.token ?? "").utf8)) }
        }
        #expect(errors.allSatisfy { $0 == .undecryptable })
        #expect(Set(errors.map { "\(String(describing: $0)) \($0?.description ?? "")" }).count == 1)
    }
}
