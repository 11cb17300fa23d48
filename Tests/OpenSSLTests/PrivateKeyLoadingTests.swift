import Basics
import OpenSSL
import Testing

@Suite("Reading a private key")
struct PrivateKeyLoadingTests {
    private static let fingerprint = "2d152467e8ee6770a7d6effc47d5a5d33fe3a964d48cf6646c66d44d107bb553"

    static let plain = [
        KeyForm("PKCS#8", pem: RSAFixtures.pkcs8), KeyForm("PKCS#1", pem: RSAFixtures.pkcs1),
        KeyForm("text before", pem: "Bag Attributes\n    friendlyName: x\n" + RSAFixtures.pkcs8),
        KeyForm("CRLF", pem: RSAFixtures.pkcs8.replacing("\n", with: "\r\n")),
        KeyForm("byte order mark", pem: "\u{FEFF}" + RSAFixtures.pkcs1),
        KeyForm("certificate before", pem: RSAFixtures.certificate + "\n" + RSAFixtures.pkcs8),
    ]

    @Test("PEM of every kind is read, with text before it, CRLF or a byte order mark too", arguments: plain)
    func plainPEM(form: KeyForm) throws {
        let key = try PrivateKey.load(form.bytes, password: nil, name: "key")
        #expect(key.publicKey.fingerprint == Self.fingerprint)
        #expect(key.bits == 2048)
        #expect(key.kind == .rsa)
    }

    @Test("A password that is not needed does no harm")
    func needlessPassword() throws {
        let key = try PrivateKey.load(Fixture.bytes(RSAFixtures.pkcs8), password: "needless", name: "key")
        #expect(key.publicKey.fingerprint == Self.fingerprint)
    }

    @Test("DER is read")
    func plainDER() throws {
        for pem in [RSAFixtures.pkcs8, RSAFixtures.pkcs1] {
            let key = try PrivateKey.load(Fixture.der(pem), password: nil, name: "key")
            #expect(key.publicKey.fingerprint == Self.fingerprint)
        }
    }

    static func encrypted() throws -> [KeyForm] {
        [
            KeyForm("PKCS#8, AES", pem: RSAFixtures.encryptedPKCS8),
            KeyForm("PKCS#8, RC2", pem: RSAFixtures.encryptedPKCS8WithRC2),
            KeyForm("PKCS#1, AES", pem: RSAFixtures.encryptedPKCS1),
            KeyForm("PKCS#1, Triple DES", pem: RSAFixtures.encryptedPKCS1WithTripleDES),
            try KeyForm("PKCS#8, AES, DER", der: RSAFixtures.encryptedPKCS8),
            try KeyForm("PKCS#8, RC2, DER", der: RSAFixtures.encryptedPKCS8WithRC2),
            try KeyForm("PKCS#12", base64: KeystoreFixtures.modern),
            try KeyForm("PKCS#12, RC2", base64: KeystoreFixtures.legacy),
        ]
    }

    @Test("Encrypted keys and keystores open with their password", arguments: try encrypted())
    func rightPassword(form: KeyForm) throws {
        let key = try PrivateKey.load(form.bytes, password: Fixture.password, name: "key")
        #expect(key.publicKey.fingerprint == Self.fingerprint)
        // It works outside the library context it was read in.
        #expect(try key.decryptOAEPSHA256(key.publicKey.encryptOAEPSHA256([1, 2, 3])) == [1, 2, 3])
    }

    @Test("A wrong password is an error of its own", arguments: try encrypted())
    func wrongPassword(form: KeyForm) {
        for password in ["wrong", "", "correct horse ", "Correct horse", String(repeating: "x", count: 2000)] {
            let error = #expect(throws: OpenSSLError.self) {
                try PrivateKey.load(form.bytes, password: password, name: "decryption_key")
            }
            #expect(error?.code == .wrongPassword)
            #expect(error?.message.hasPrefix("decryption_key does not open with the password given") == true)
        }
    }

    @Test("A missing password is an error of its own and is not asked for", arguments: try encrypted())
    func missingPassword(form: KeyForm) {
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(form.bytes, password: nil, name: "decryption_key")
        }
        #expect(error?.code == .passwordMissing)
    }

    @Test("A keystore with an empty password opens without one", arguments: [nil, ""])
    func emptyPassword(password: String?) throws {
        let bytes = try Fixture.base64(KeystoreFixtures.emptyPassword)
        let key = try PrivateKey.load(bytes, password: password, name: "key")
        #expect(key.publicKey.fingerprint == Self.fingerprint)
    }

    /// Its mark takes characters and fits; its key was encrypted with the bytes of another encoding.
    @Test("A keystore made with a password in Latin-1 speaks of the password, not of OpenSSL's installation")
    func latin1Password() throws {
        let bytes = try Fixture.base64(KeystoreFixtures.latin1Password)
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(bytes, password: "1234é567", name: "decryption_key")
        }
        #expect(error?.code == .wrongPassword)
        #expect(error?.message.hasPrefix("decryption_key accepts the password") == true)
        #expect(error?.message.contains("export it again with a password of ASCII characters") == true)
    }

    static func publicForms() throws -> [(form: KeyForm, noun: String)] {
        [
            (KeyForm("public key", pem: RSAFixtures.publicKey), "public key"),
            (KeyForm("PKCS#1 public key", pem: RSAFixtures.pkcs1PublicKey), "public key"),
            (KeyForm("certificate", pem: RSAFixtures.certificate), "certificate"),
            (KeyForm("trusted certificate", pem: RSAFixtures.trustedCertificate), "certificate"),
            (try KeyForm("public key, DER", der: RSAFixtures.publicKey), "public key"),
            (try KeyForm("PKCS#1 public key, DER", der: RSAFixtures.pkcs1PublicKey), "public key"),
            (try KeyForm("certificate, DER", der: RSAFixtures.certificate), "certificate"),
        ]
    }

    @Test("What is public is refused, saying what it is and where it belongs", arguments: try publicForms())
    func publicInstead(form: KeyForm, noun: String) throws {
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(form.bytes, password: nil, name: "decryption_key (d.pem)")
        }
        #expect(error?.code == .wrongKind)
        let message = try #require(error?.message)
        #expect(message.hasPrefix("decryption_key (d.pem) holds one \(noun);"))
        #expect(message.contains("belongs under encryption_key"))
    }

    static let signing = [
        (KeyForm("EC", pem: OtherKeyFixtures.ec), "EC"), (KeyForm("EC, PKCS#8", pem: OtherKeyFixtures.ecPKCS8), "EC"),
        (KeyForm("RSA-PSS", pem: OtherKeyFixtures.rsaPSS), "RSA-PSS"),
        (KeyForm("Edwards", pem: OtherKeyFixtures.edwards), "ED25519"),
    ]

    @Test("Keys that sign only are refused by name", arguments: signing)
    func signingKeys(form: KeyForm, kind: String) {
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(form.bytes, password: nil, name: "key")
        }
        #expect(error?.code == .wrongKind)
        #expect(error?.message.contains("kind \(kind),") == true)
    }

    @Test("RSA below 2048 bits is refused with its size")
    func weak() {
        let error = #expect(throws: OpenSSLError.self) {
            try PrivateKey.load(Fixture.bytes(OtherKeyFixtures.weakRSA), password: nil, name: "key")
        }
        #expect(error?.code == .tooWeak)
        #expect(error?.message.contains("1024 bits") == true)
        #expect(throws: OpenSSLError.self) { try PrivateKey.generate(bits: 1024) }
    }

    @Test("Two private keys in one file are refused, for which to use is not said")
    func twoKeys() {
        let bytes = Fixture.bytes(RSAFixtures.pkcs8 + "\n" + RSAFixtures.pkcs1)
        let error = #expect(throws: OpenSSLError.self) { try PrivateKey.load(bytes, password: nil, name: "key") }
        #expect(error?.code == .wrongKind)
        #expect(error?.message.contains("2 private keys") == true)
    }

    @Test("A generated key is written as PKCS#8 and read back")
    func written() throws {
        let key = try PrivateKey.generate(bits: 2048)
        let pem = try key.pem()
        #expect(String(decoding: pem, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let again = try PrivateKey.load(pem, password: nil, name: "key")
        #expect(again.publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
    }
}
