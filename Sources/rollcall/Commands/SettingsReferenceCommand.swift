import ArgumentParser
import Operations

struct SettingsReferenceCommand: RollcallCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Explain the keys of rollcall.yaml and of job files.",
        discussion: """
            What a right value is, the default, what it is for, the variable that stands over the file. Reads no file: \
            doctor says what the settings here amount to.
            """)

    @Argument(
        help: "A key such as limits.rate, or a section such as limits; absent: all.",
        completion: .list(SettingsOperation.keys))
    var key: String?

    @Flag(help: "Print as JSON, a line for each key.")
    var json = false

    func perform() throws -> ExitStatus { try SettingsOperation(key, json: json).perform() }
}
