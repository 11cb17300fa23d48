import Basics
import Foundation

extension Settings {
    /// Every key of `rollcall.yaml`, in the order of the reference.
    public static var keys: [KeyDescription] { schema.keys }

    /// Reads the settings file and puts the environment's `ROLLCALL_…` variables over it.
    ///
    /// - Parameters:
    ///   - path: the settings file, relative to the current folder or absolute.
    ///   - environment: the process's environment; variables without the prefix are ignored.
    /// - Returns: the effective settings.
    /// - Throws: an error that names file, line, key and what would be right.
    public static func load(path: String, environment: [String: String]) throws(SettingsError) -> Settings {
        let input = try read(path)
        var flat = try FlatFile(try Entry.parse(input.text, file: path), schema: schema, file: path)
        try refuseOpenSecrets(in: flat, input: input)
        try flat.override(with: environment, schema: schema, alternatives: alternatives)
        try flat.refuseBoth(alternatives)
        try requireKeys(of: flat)
        let file = absolute(path, in: FileManager.default.currentDirectoryPath)
        let reader = ValueReader(flat, directory: String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
        return try Settings(file: file, reader: reader)
    }

    private init(file: String, reader: ValueReader) throws(SettingsError) {
        var reader = reader
        path = file
        database = try reader.value(SettingKeys.database)
        sealingKey = try reader.value(SettingKeys.sealingKey)
        keysFolder = try reader.value(SettingKeys.keysFolder)
        api = try API(from: &reader)
        limits = try Limits(from: &reader)
        retry = try Retry(from: &reader)
        halt = try Halt(from: &reader)
        confirmAbove = try ConfirmAbove(from: &reader)
        maxInvalid = try reader.optional(SettingKeys.maxInvalid)
        pricing = try Pricing(from: &reader)
        daemon = try Daemon(from: &reader)
        notify = try Notification(from: &reader)
        jobs = try reader.value(SettingKeys.jobs)
        output = try reader.value(SettingKeys.output)
        outputForm = try OutputForm(from: &reader)
        canonicalDescription = reader.description
        try reader.requirePrices(pricing)
    }

    private static func read(_ path: String) throws(SettingsError) -> InputText {
        do {
            return try InputText(path: path)
        } catch {
            throw SettingsError(
                file: path,
                "\(error.message); name the settings with --config; \(Hint.emulator(folder: "emulator")) writes some that work"
            )
        }
    }

    /// A password in the file makes the file itself a secret.
    private static func refuseOpenSecrets(in flat: FlatFile, input: InputText) throws(SettingsError) {
        guard input.isOpenToOthers else { return }
        for path in SettingKeys.passwords.map(\.path) {
            guard let scalar = flat.scalars[path] else { continue }
            throw SettingsError(
                file: flat.file, line: scalar.place.line, key: path,
                "\(path) stands in a file that others can read: chmod 600 it, or use \(path)_file")
        }
    }

    private static func requireKeys(of flat: FlatFile) throws(SettingsError) {
        var missing = SettingKeys.required.filter { flat.scalars[$0] == nil }
        if flat.scalars["api.base_url"] == nil {
            let parts = ["api.region", "api.environment"].filter { flat.scalars[$0] == nil }
            missing.insert(contentsOf: parts.count == 2 ? ["api.base_url"] : parts, at: 0)
        }
        guard let first = missing.first else { return }
        let names = missing.joined(separator: ", ")
        throw SettingsError(
            file: flat.file, key: first,
            "\(missing.count == 1 ? "a required key is" : "required keys are") missing: \(names)")
    }
}
