import Basics
import OpenSSL
import Testing

@Suite("Files that are no keys")
struct BrokenFileTests {
    static func broken() throws -> [KeyForm] {
        let der = try Fixture.der(RSAFixtures.pkcs8)
        let keystore = try Fixture.base64(KeystoreFixtures.modern)
        let empty = [
            "PRIVATE KEY", "CERTIFICATE", "TRUSTED CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY",
            "ENCRYPTED PRIVATE KEY",
            "RSA PRIVATE KEY", "EC PRIVATE KEY",
        ].map { KeyForm("empty \($0)", pem: "-----BEGIN \($0)-----\nMAA=\n-----END \($0)-----\n") }
        return empty + [
            KeyForm("nothing", []), KeyForm("one byte", [0x30]), KeyForm("no length", [0x30, 0x82]),
            KeyForm("one integer", [0x30, 0x03, 0x02, 0x01, 0x00]), KeyForm("empty sequence", [0x30, 0x00]),
            KeyForm("huge length", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
            KeyForm("indefinite length", [0x30, 0x80, 0x00, 0x00]), KeyForm("text", pem: "not a key"),
            KeyForm("zeros", [UInt8](repeating: 0, count: 4096)),
            KeyForm("no end", pem: "-----BEGIN PRIVATE KEY-----\n"),
            KeyForm("no base64", pem: "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"),
            KeyForm("key cut", Array(RSAFixtures.pkcs8.utf8.dropLast(40))),
            KeyForm("certificate cut", Array(RSAFixtures.certificate.utf8.dropLast(200))),
            KeyForm("DER cut", Array(der.dropLast())), KeyForm("DER longer", der + [0]),
            KeyForm("DER beginning", Array(der[..<100])), KeyForm("keystore cut", Array(keystore.dropLast())),
            KeyForm("keystore longer", keystore + [0]),
        ]
    }

    @Test("Each is refused by every reader, without a crash", arguments: try broken())
    func refused(form: KeyForm) {
        let bytes = form.bytes
        let readers: [() throws -> Void] = [
            { _ = try PublicKey.load(bytes, name: "file") },
            { _ = try PrivateKey.load(bytes, password: "x", name: "file") },
            { _ = try Certificate.load(bytes, name: "file") },
            { _ = try KeyFile(bytes, password: nil, name: "file") },
        ]
        for read in readers {
            let error = #expect(throws: OpenSSLError.self) { try read() }
            #expect(error?.code == .unreadable)
            #expect(error?.message.hasPrefix("file ") == true)
        }
    }

    @Test("A key or keystore with any byte changed gives a value or an error, never a crash")
    func everyByteChanged() throws {
        for (bytes, password) in [
            (try Fixture.der(RSAFixtures.pkcs8), nil), (try Fixture.der(RSAFixtures.certificate), nil),
            (try Fixture.der(RSAFixtures.publicKey), nil),
            (try Fixture.base64(KeystoreFixtures.emptyPassword), Fixture.password),
        ] {
            for index in stride(from: 0, to: bytes.count, by: password == nil ? 3 : 41) {
                var changed = bytes
                changed[index] ^= 0x55
                do {
                    _ = try KeyFile(changed, password: password, name: "file")
                } catch let error as OpenSSLError {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }

    @Test("An error names no content of the file and no password")
    func silentErrors() throws {
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(
                Fixture.bytes(RSAFixtures.encryptedPKCS8), password: "rarely-seen-password", name: "file")
        }
        let text = try #require(error?.description)
        #expect(!text.contains("rarely-seen-password"))
        #expect(!text.contains("MII"))
    }

    @Test("An OpenSSH key is named as what it is")
    func openSSH() {
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n"
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(Array(pem.utf8), password: nil, name: "file")
        }
        #expect(error?.code == .wrongKind)
        #expect(error?.message.hasPrefix("file is a private key in OpenSSH's form;") == true)
    }
}
