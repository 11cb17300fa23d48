import Foundation
import Settings
import Testing

@Suite("The keys under api.decryption_key")
struct DecryptionKeysTests {
    private let folder: SettingsFolder

    init() throws {
        folder = try SettingsFolder()
        try folder.write("rosebud\n", to: "word")
    }

    /// The settings with other text behind `decryption_key:`, which is line 5.
    private static func settings(_ value: String, more: String = "") -> String {
        minimal.replacing("decryption_key: pki/decryption.pem\n", with: "decryption_key: \(value)\n") + more
    }

    struct Case: Sendable {
        let value: String
        var more = ""
        let keys: [[String?]]
    }

    static let cases = [
        Case(value: "pki/a.pem", keys: [["pki/a.pem", nil]]),
        Case(value: "[pki/a.pem]", keys: [["pki/a.pem", nil]]),
        Case(value: "[pki/a.pem, ./pki/b.p12]", keys: [["pki/a.pem", nil], ["pki/b.p12", nil]]),
        Case(value: "{ file: pki/a.p12, password_file: word }", keys: [["pki/a.p12", "rosebud"]]),
        Case(
            value: "[pki/a.pem, { file: pki/b.p12, password_file: word }]",
            keys: [["pki/a.pem", nil], ["pki/b.p12", "rosebud"]]),
        Case(
            value: "\n    - { file: pki/a.p12 }\n    - { file: pki/b.p12, password_file: word }",
            more: "  decryption_key_password: other\n", keys: [["pki/a.p12", "other"], ["pki/b.p12", "rosebud"]]),
    ]

    @Test("One file, a list, and tables with a password of their own are read in order", arguments: cases)
    func read(_ example: Case) throws {
        let keys = try folder.settings(Self.settings(example.value, more: example.more)).api.decryptionKeys
        #expect(
            keys.map { [$0.file, $0.password?.revealed] }
                == example.keys.map { ["\(folder.path)/\($0[0] ?? "")", $0[1]] })
    }

    @Test("The environment's one file takes the place of a list")
    func environment() throws {
        let settings = try folder.settings(
            Self.settings("[pki/a.pem, pki/b.pem]"), environment: ["ROLLCALL_API_DECRYPTION_KEY": "/d"])
        #expect(settings.api.decryptionKeys.map(\.file) == ["/d"])
    }

    private static let expectation =
        "api.decryption_key must be a path, or a list of paths and of { file, password_file }"

    @Test(
        "Anything else is refused with its line",
        arguments: [
            ("[]", "5: \(expectation)"), ("[pki/a.pem, \"\"]", "5: \(expectation)"),
            ("[[pki/a.pem]]", "5: \(expectation)"),
            ("{ password_file: word }", "5: \(expectation)"), ("[~]", "5: \(expectation)"),
            ("\n    - pki/a.pem\n    - \"~/b.pem\"", "7: \(expectation)"),
            ("{ file: a, pasword_file: word }", "5: the key 'pasword_file' is unknown: the nearest is 'password_file'"),
            ("{ file: a, password: rosebud }", "5: the key 'password' is unknown: the nearest is 'password_file'"),
            (
                "{ file: a, password_file: none }",
                "5: password_file names a file that does not help: there is no such file"
            ),
        ])
    func refused(value: String, complaint: String) throws {
        let found = try folder.complaint { _ = try folder.settings(Self.settings(value)) }
        #expect(found == "rollcall.yaml, line \(complaint)")
    }
}
