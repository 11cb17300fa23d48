import Basics
import OpenSSL
import Testing

@Suite("Reading a public key")
struct PublicKeyLoadingTests {
    private static let fingerprint = "2d152467e8ee6770a7d6effc47d5a5d33fe3a964d48cf6646c66d44d107bb553"
    private static let pemForms = [
        KeyForm("public key", pem: RSAFixtures.publicKey), KeyForm("PKCS#1", pem: RSAFixtures.pkcs1PublicKey),
        KeyForm("certificate", pem: RSAFixtures.certificate),
        KeyForm("trusted certificate", pem: RSAFixtures.trustedCertificate),
    ]

    static func forms() throws -> [KeyForm] {
        pemForms + [
            try KeyForm("public key, DER", der: RSAFixtures.publicKey),
            try KeyForm("PKCS#1, DER", der: RSAFixtures.pkcs1PublicKey),
            try KeyForm("certificate, DER", der: RSAFixtures.certificate),
        ]
    }

    @Test("SubjectPublicKeyInfo, PKCS#1 and certificates are read, as PEM and as DER", arguments: try forms())
    func read(form: KeyForm) throws {
        let key = try PublicKey.load(form.bytes, name: "encryption_key")
        #expect(key.fingerprint == Self.fingerprint)
        #expect(key.bits == 2048)
        #expect(try key.subjectPublicKeyInfo == Fixture.der(RSAFixtures.publicKey))
    }

    @Test("A key is written and read back")
    func written() throws {
        let key = try PublicKey.load(Fixture.bytes(RSAFixtures.certificate), name: "key")
        #expect(try key.pem() == Fixture.bytes(RSAFixtures.publicKey + "\n"))
    }

    static func privateForms() throws -> [KeyForm] {
        [
            KeyForm("PKCS#8", pem: RSAFixtures.pkcs8), KeyForm("PKCS#1", pem: RSAFixtures.pkcs1),
            KeyForm("encrypted PKCS#8", pem: RSAFixtures.encryptedPKCS8),
            KeyForm("encrypted PKCS#1", pem: RSAFixtures.encryptedPKCS1), KeyForm("EC", pem: OtherKeyFixtures.ec),
            KeyForm("with certificate", pem: RSAFixtures.certificate + "\n" + RSAFixtures.pkcs8),
            try KeyForm("PKCS#8, DER", der: RSAFixtures.pkcs8),
            try KeyForm("encrypted PKCS#8, DER", der: RSAFixtures.encryptedPKCS8),
            try KeyForm("PKCS#12", base64: KeystoreFixtures.modern),
            try KeyForm("PKCS#12, no password", base64: KeystoreFixtures.emptyPassword),
        ]
    }

    @Test("A private key is refused, encrypted or not, naming where it belongs", arguments: try privateForms())
    func privateInstead(form: KeyForm) {
        let error = #expect(throws: OpenSSLError.self) {
            try PublicKey.load(form.bytes, name: "encryption_key (e.pem)")
        }
        #expect(error?.code == .wrongKind)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("encryption_key (e.pem) holds "))
        #expect(message.contains("private key") || message.contains("keystore"))
        #expect(message.contains("your private key belongs under decryption_key"))
    }

    @Test("Keys that sign only, and weak ones, are refused")
    func unfit() throws {
        for (pem, code) in [
            (OtherKeyFixtures.ecCertificate, OpenSSLError.Code.wrongKind),
            (try publicHalf(OtherKeyFixtures.rsaPSS), .wrongKind),
            (try publicHalf(OtherKeyFixtures.edwards), .wrongKind),
            (try publicHalf(OtherKeyFixtures.weakRSA), .tooWeak), (RSAFixtures.request, .wrongKind),
        ] {
            let error = #expect(throws: OpenSSLError.self) { try PublicKey.load(Fixture.bytes(pem), name: "key") }
            #expect(error?.code == code)
        }
    }

    @Test("Two public keys in one file are refused, for which to use is not said")
    func twoKeys() {
        let bytes = Fixture.bytes(RSAFixtures.publicKey + "\n" + RSAFixtures.pkcs1PublicKey)
        let error = #expect(throws: OpenSSLError.self) { try PublicKey.load(bytes, name: "key") }
        #expect(error?.code == .wrongKind)
    }

    private func publicHalf(_ pem: String) throws -> String {
        let file = try KeyFile(Fixture.bytes(pem), password: nil, name: "key")
        let key = try #require(file.privateKeys.first)
        return String(decoding: try key.publicKey.pem(), as: UTF8.self)
    }
}
