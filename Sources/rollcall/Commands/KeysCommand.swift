import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Look at key and certificate files.",
        subcommands: [KeysInspectCommand.self, KeysFingerprintCommand.self])
}
