import ArgumentParser
import Foundation

/// The option that names the settings file.
struct SettingsOptions: ParsableArguments {
    /// Names the settings file where no option does.
    private static let variable = "ROLLCALL_CONFIG"
    private static let usual = "rollcall.yaml"

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "Settings file; absent: what the variable ROLLCALL_CONFIG names, else rollcall.yaml. Other ROLLCALL_… variables override what it says.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    private var given: String?

    /// The settings file.
    var config: String { named ?? Self.usual }

    /// The settings file where a person named one, as it is found from any folder.
    var namedAbsolutely: String? { named.map { URL(filePath: $0).standardizedFileURL.path } }

    /// A variable that is set to nothing names nothing.
    private var named: String? {
        given ?? ProcessInfo.processInfo.environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}
