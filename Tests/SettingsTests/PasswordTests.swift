import Foundation
import Settings
import Testing

@Suite struct PasswordTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    @Test(arguments: ["rosebud", "rosebud\n", "rosebud\r\n"])
    func aPasswordComesFromAPrivateFileWithoutItsLineEnd(content: String) throws {
        try folder.write(content, to: "secrets/word")
        let settings = try folder.settings(minimal + "  decryption_key_password_file: secrets/word\n", mode: 0o644)
        #expect(settings.api.decryptionKeys.map(\.password) == [Secret("rosebud")])
    }

    @Test func aPasswordComesFromTheEnvironmentOverAFile() throws {
        let text = minimal + "  client_certificate_password_file: secrets/none\n"
        let environment = ["ROLLCALL_API_CLIENT_CERTIFICATE_PASSWORD": " rose bud "]
        let settings = try folder.settings(text, environment: environment)
        #expect(settings.api.clientCertificatePassword == Secret(" rose bud "))
    }

    @Test func aPasswordFileOthersCanReadIsRefused() throws {
        try folder.write("rosebud", to: "word", mode: 0o640)
        let complaint = try folder.complaint {
            _ = try folder.settings(minimal + "  client_key_password_file: word\n")
        }
        #expect(
            complaint == "rollcall.yaml, line 6: "
                + "api.client_key_password_file names a file that others can read: chmod 600 it")
    }

    @Test(arguments: ["", "\n", "rose\nbud\n"])
    func aPasswordFileIsOneLine(content: String) throws {
        try folder.write(content, to: "word")
        let complaint = try folder.complaint {
            _ = try folder.settings(minimal + "  client_key_password_file: word\n")
        }
        #expect(
            complaint == "rollcall.yaml, line 6: "
                + "api.client_key_password_file must name a file of one line that is not empty")
    }

    @Test func aMissingPasswordFileIsNamed() throws {
        let complaint = try folder.complaint {
            _ = try folder.settings(minimal, environment: ["ROLLCALL_API_CLIENT_KEY_PASSWORD_FILE": "none"])
        }
        #expect(
            complaint == "environment: "
                + "api.client_key_password_file names a file that does not help: there is no such file")
    }

    @Test func aPasswordInSettingsOthersCanReadIsRefused() throws {
        let complaint = try folder.complaint {
            _ = try folder.settings(minimal + "  client_key_password: rosebud\n", mode: 0o644)
        }
        #expect(
            complaint == "rollcall.yaml, line 6: api.client_key_password stands in a file that others can read: "
                + "chmod 600 it, or use api.client_key_password_file")
    }

    @Test func aPasswordAndItsFileTogetherAreRefused() throws {
        let text = minimal + "  client_key_password: rosebud\n  client_key_password_file: word\n"
        #expect(
            try folder.complaint { _ = try folder.settings(text) } == "rollcall.yaml, line 7: "
                + "give either api.client_key_password or api.client_key_password_file, not both")
    }
}
