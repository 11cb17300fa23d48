import Basics
import Foundation
import Testing

@testable import OpenSSL

@Suite("Ed25519")
struct SigningKeyTests {
    /// RFC 8032 §7.1, TEST 1 to 3: the secret key, the public key, the message and its signature.
    private static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test("The signatures of RFC 8032", arguments: vectors)
    func vector(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: #require(Hexadecimal.decode(seed.utf8)))
        #expect(Hexadecimal.encode(try key.sign(#require(Hexadecimal.decode(message.utf8)))) == signature)
        // RFC 8410 §4 and §10.1: twelve bytes that name Ed25519, then the key.
        let der = try #require(Hexadecimal.decode(("302a300506032b6570032100" + publicKey).utf8))
        let pem = "-----BEGIN PUBLIC KEY-----\n\(Data(der).base64EncodedString())\n-----END PUBLIC KEY-----\n"
        #expect(String(decoding: try key.publicKeyPEM(), as: UTF8.self) == pem)
    }

    @Test("A seed of another length is refused", arguments: [0, 31, 33])
    func wrongLength(count: Int) {
        #expect(throws: OpenSSLError.self) { _ = try SigningKey(seed: [UInt8](repeating: 1, count: count)) }
    }
}
