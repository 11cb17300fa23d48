import ArgumentParser
import Foundation
import OpenSSL
import Operations

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Look at key and certificate files, replace the sealing key, make months' keys.",
        subcommands: [
            KeysInspectCommand.self, KeysFingerprintCommand.self, KeysRotateCommand.self, KeysPeriodsCommand.self,
        ])
}

struct KeysFingerprintCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Print the kid candidates of a key or certificate.",
        discussion: """
            Mastercard's portal shows the SHA-256 of the public key; Rollcall sends that one unless told otherwise. Of a \
            chain the key that is used comes first; each line names whose it is.
            """)

    @Argument(help: "PEM, DER or PKCS#12.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp(
            "File whose first line is the password; absent: the variable ROLLCALL_KEY_PASSWORD.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    @Flag(help: "Print the fingerprints as one JSON object.")
    var json = false

    func perform() async throws -> ExitStatus {
        let opened = try KeyReading.open(file, password: Password.given(file: passwordFile))
        let found = KeyFingerprints(path: file, opened)
        guard !found.keys.isEmpty else {
            let reason = opened.isLocked ? "needs a password; name it with --password-file" : "holds no key"
            throw OperationFailure(.inputUnusable, "\(file): \(reason)")
        }
        if json {
            Console.standard.output(json: found)
        } else {
            for line in found.lines { Console.standard.output(line) }
        }
        return .succeeded
    }
}

struct KeysRotateCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Replace the sealing key by a new one.",
        discussion: """
            Every key in keys_folder is sealed again, in seconds whatever the database's size, also beside a daemon. The \
            old key stays, under a name that ends in .old- and its id, until you remove it. After an interruption call \
            it again with the same arguments.
            """)

    @Option(
        help: ArgumentHelp(
            "File for the new key, which the settings have to name then; absent: it takes the old one's name.",
            valueName: "file"), completion: .file())
    var to: String?

    @Flag(help: "Print what was done as one JSON object.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await KeysRotateOperation(to: to, config: settings.config, json: json).perform()
    }
}

struct KeysPeriodsCommand: SettingsCommand {
    static let configuration = CommandConfiguration(
        commandName: "periods", abstract: "List the keys of months, or make those of months to come.",
        discussion: """
            What is taken in in a month is sealed under that month's key, which lies in keys_folder/periods and is made with \
            the month's first file. Where several nodes share a database on PostgreSQL each has a copy: make the keys of a \
            year at one of them, copy the files that are named to the others, and no month's beginning needs anybody.
            """)

    @Option(
        help: ArgumentHelp(
            "Make the keys of so many months that have none, this month the first; absent: only list them.",
            valueName: "number"))
    var months: Int?

    @Flag(help: "Print the list as one JSON object.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func perform() async throws -> ExitStatus {
        try await KeysPeriodsOperation(months: months, config: settings.config, json: json).perform()
    }
}

struct KeysInspectCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Say what is in key and certificate files: subject, expiry, size, and which private key fits which certificate."
    )

    @Argument(help: "Files: PEM, DER or PKCS#12.", completion: .file())
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "File whose first line is the password; absent: the variable ROLLCALL_KEY_PASSWORD.", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    @Flag(help: "Print what was found as one JSON object.")
    var json = false

    func perform() async throws -> ExitStatus {
        let password = try Password.given(file: passwordFile)
        let opened = try files.map { path in (path: path, file: try KeyReading.open(path, password: password)) }
        let matches = KeyMatch.all(in: opened)
        guard !json else {
            Console.standard.output(
                json: Inspection(files: opened.map { KeyListing(path: $0.path, $0.file) }, matches: matches))
            return .succeeded
        }
        for (path, file) in opened {
            Console.standard.output("\(path): \(file.format.rawValue)")
            for item in file.items { Console.standard.output("  " + KeyWords.describe(item)) }
        }
        for match in matches { Console.standard.output(match.text) }
        return .succeeded
    }

    /// What it prints as JSON.
    struct Inspection: Encodable {
        let files: [KeyListing]
        let matches: [KeyMatch]

        enum CodingKeys: CodingKey, CaseIterable { case files, matches }
    }
}
