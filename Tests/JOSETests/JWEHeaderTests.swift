import JOSE
import Testing

@Suite("Looking at a token without a key")
struct JWEHeaderTests {
    @Test("The header is told as it stands, for tokens that would be refused too")
    func inspect() throws {
        let json = #"{ "alg":"RSA1_5", "enc":"A128CBC-HS256","kid":"k","cty":7,"crit":["x"],"zip":"DEF" }"#
        let token = token(json, "AAAA", "AAAAAAAA", "", "AA")
        let header = try JWEHeader.inspect(token)
        #expect(header.alg == "RSA1_5")
        #expect(header.enc == "A128CBC-HS256")
        #expect(header.kid == "k")
        #expect(header.cty == nil)
        #expect(header.hasCriticalExtensions)
        #expect(header.isCompressed)
        #expect(header.json == Array(json.utf8))
        #expect(header.segmentSizes.encryptedKey == 3)
        #expect(header.segmentSizes.initializationVector == 6)
        #expect(header.segmentSizes.ciphertext == 0)
        #expect(header.segmentSizes.tag == 1)
    }

    @Test("What is no compact JWE is refused", arguments: ["", "a.b.c", "!.a.b.c.d", "e30.a.b.c.d", "W10....."])
    func refused(text: String) {
        let error = #expect(throws: JWEError.self) { try JWEHeader.inspect(Array(text.utf8)) }
        guard case .malformed = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
    }

    @Test("Error texts say the rule and quote nothing of the token")
    func texts() {
        let secret = token(#"{"alg":"RARE-STRING","enc":"A256GCM"}"#, "AAAA", "AAAA", "AAAA", "AAAA")
        let header = try? JWEHeader.inspect(secret)
        #expect(header?.alg == "RARE-STRING")
        #expect(JWEError.undecryptable.description.contains("does not open with this key"))
        #expect(JWEError.malformed("x").description.hasSuffix("x"))
    }

    private func token(_ header: String, _ segments: String...) -> [UInt8] {
        Base64URL.encode(Array(header.utf8)) + Array(("." + segments.joined(separator: ".")).utf8)
    }
}
