import ArgumentParser

/// The option that names the settings file.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("Settings file; ROLLCALL_… variables override it.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config = "rollcall.yaml"
}
