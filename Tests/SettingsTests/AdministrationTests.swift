import Testing

@testable import Settings

@Suite struct AdministrationTests {
    private let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    @Test(arguments: [
        ("127.0.0.1:8377", "127.0.0.1", 8377, true), ("localhost:80", "localhost", 80, true),
        ("[::1]:8377", "::1", 8377, true), ("127.9.9.9:0", "127.9.9.9", 0, true),
        ("0.0.0.0:8377", "0.0.0.0", 8377, false), ("[::]:8377", "::", 8377, false),
        ("127.example:8377", "127.example", 8377, false), ("node-3:65535", "node-3", 65_535, false),
    ])
    func anAddressIsReadAndKnownForWhatItReaches(
        _ text: String, host: String, port: Int, isLoopback: Bool
    ) throws {
        let address = try #require(Settings.ListenAddress(text))
        #expect(address.host == host && address.port == port && address.isLoopback == isLoopback)
        #expect(address.text == text)
    }

    @Test(arguments: [
        "8377", "127.0.0.1", "127.0.0.1:", ":8377", "::1:8377", "[]:8377", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "http://127.0.0.1:8377", "a b:1", "user@host:1",
    ])
    func anythingElseIsRefused(_ text: String) { #expect(Settings.ListenAddress(text) == nil) }

    @Test func itIsAbsentUnlessItListens() throws {
        #expect(try folder.settings(minimal).administration == nil)
        let settings = try folder.settings(
            minimal + "admin: { listen: \"0.0.0.0:8377\", certificate: c.pem, key: k.pem, metrics: open, "
                + "show_ids: true, downloads: true }\n")
        let administration = try #require(settings.administration)
        #expect(administration.listen.port == 8377 && administration.metrics == .open)
        #expect(administration.showsIDs && administration.downloads)
        #expect(administration.tls == .init(certificate: folder.path + "/c.pem", key: folder.path + "/k.pem"))
        let plain = try folder.settings(minimal + "admin: { listen: \"127.0.0.1:8377\" }\n")
        #expect(plain.administration?.showsIDs == false && plain.administration?.downloads == false)
        #expect(plain.administration?.metrics == .token && plain.administration?.tls == nil)
    }
}
