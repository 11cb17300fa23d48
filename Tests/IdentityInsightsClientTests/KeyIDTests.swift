import Testing

@testable import IdentityInsightsClient

@Suite("The kid that is sent")
struct KeyIDTests {
    private static let key = String(repeating: "46d8e3f0", count: 8)
    private static let certificate = String(repeating: "0a1b2c3d", count: 8)

    /// A fingerprint as portals and `openssl x509 -fingerprint` show it.
    private static func colons(_ fingerprint: String) -> String {
        var (shown, rest) = ("", fingerprint.uppercased()[...])
        while !rest.isEmpty {
            shown += (shown.isEmpty ? "" : ":") + rest.prefix(2)
            rest = rest.dropFirst(2)
        }
        return shown
    }

    static let writings = [
        key, key.uppercased(), colons(key), colons(key).replacing(":", with: " "), " \(colons(key)) ",
        "sha256 Fingerprint=" + colons(key), "SHA256:" + key, "0x" + key, colons(key).replacing(":", with: "-"),
    ]

    @Test("The key's own fingerprint is sent as the API knows it, however it is written", arguments: writings)
    func normalised(text: String) {
        let id = KeyID(text, fingerprint: Self.key, certificate: Self.certificate)
        #expect(id.sent == Self.key && id.warning == nil)
        #expect(id.remark == (text == Self.key ? nil : .writtenOtherwise))
        #expect(id.text.contains("set in another writing") == (text != Self.key))
    }

    @Test("Without a setting it is the key's own")
    func absent() {
        let id = KeyID(nil, fingerprint: Self.key, certificate: nil)
        #expect(id.sent == Self.key && id.remark == nil && id.text == "kid \(Self.key)")
    }

    @Test("The certificate's fingerprint is told as what it is", arguments: [certificate, colons(certificate)])
    func toldAsCertificates(text: String) {
        let id = KeyID(text, fingerprint: Self.key, certificate: Self.certificate)
        #expect(id.sent == Self.certificate && id.remark == .ofCertificate)
        #expect(id.warning?.contains("fingerprint of the certificate") == true)
        #expect(id.warning?.contains(Self.key) == true)
    }

    @Test(
        "An id of another form is sent to the letter",
        arguments: ["My Key:1", "46d8", String(repeating: "g", count: 64), key + "00"])
    func other(text: String) {
        let id = KeyID(text, fingerprint: Self.key, certificate: Self.certificate)
        #expect(id.sent == text && id.remark == .ofAnother && id.warning == nil)
        #expect(id.text == "kid \(text) as set; its fingerprint is \(Self.key)")
    }
}
