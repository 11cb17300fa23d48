import OpenSSL
import Testing

@Suite("What a file is that holds no key")
struct ForeignFileTests {
    private static let body = "\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n"

    @Test(
        "Its first bytes tell",
        arguments: [
            ("", .blank), (" \r\n\t", .blank), ("\u{FEFF}\n", .blank), ("PuTTY-User-Key-File-2: ssh-rsa", .puttyKey),
            ("ssh-rsa AAAA me", .sshPublicKey), ("ecdsa-sha2-nistp256 AAAA", .sshPublicKey),
            ("---- BEGIN SSH2 PUBLIC KEY ----", .sshPublicKey), (#"{"kty":"RSA"}"#, .jsonWebKey),
            (#" {"keys":[{"kty":"EC"}]}"#, .jsonWebKey), (#"{"password":"x"}"#, .json), ("<html>", .webPage),
            ("<?xml version='1.0'?>", .webPage), ("MIIBIjANBgkqhkiG9w0BAQEFAAOC\nAQ8A==\n", .bareBase64),
            ("-----BEGIN PRIVATE KEY-----\(body)-----END PRIVATE KEY-----\n", .damagedPEM),
            ("-----BEGIN PRIVATE KEY-----\(body)", .truncatedPEM),
            ("-----BEGIN PRIVATE KEY----- MIIB -----END PRIVATE KEY-----", .flattenedPEM),
            (#"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"#, .flattenedPEM),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", .sshPrivateKey), ("-----BEGIN PKCS7-----\n", .pkcs7),
            ("-----BEGIN NEW CERTIFICATE REQUEST-----\n", .certificateRequest),
            ("-----BEGIN X509 CRL-----\n", .revocationList), ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n", .openPGP),
            ("hello", nil), ("MII is no base64!", nil),
        ] as [(String, ForeignFile?)])
    func text(_ text: String, expected: ForeignFile?) {
        #expect(ForeignFile(Array(text.utf8)) == expected)
    }

    @Test(
        "So do the numbers of binary forms",
        arguments: [
            ([0xFE, 0xED, 0xFE, 0xED, 0, 0], .javaKeystore), ([0xCE, 0xCE, 0xCE, 0xCE], .javaKeystore),
            ([0x50, 0x4B, 3, 4], .archive), ([0x1F, 0x8B, 8], .archive), ([0xFF, 0xFE, 0x2D, 0], .utf16),
            ([0x2D, 0, 0x2D, 0, 0x2D, 0, 0x2D, 0], .utf16), ([0, 0x2D, 0, 0x2D, 0, 0x2D, 0, 0x2D], .utf16),
            ([1, 2, 3], nil), ([0x30, 3, 2, 1, 5], nil),
        ] as [([UInt8], ForeignFile?)])
    func binary(_ bytes: [UInt8], expected: ForeignFile?) {
        #expect(ForeignFile(bytes) == expected)
    }

    @Test("Each says what to do", arguments: ForeignFile.allCases)
    func clause(_ form: ForeignFile) {
        #expect(form.clause.contains("; ") || form.clause.contains(": "))
    }
}
