import Basics
import Foundation

extension JobDefinition {
    /// Every key of a job file, in the order of the reference.
    package static var keys: [KeyDescription] { schema.keys }

    /// Reads the job of a name, `<jobs>/<name>.yaml`, from the settings' folder of jobs.
    ///
    /// - Throws: an error that names the job nearest to an unknown one.
    package static func load(named name: String, over settings: Settings) throws(SettingsError) -> JobDefinition {
        let path = "\(settings.jobs)/\(name).yaml"
        guard !name.contains("/"), FileManager.default.fileExists(atPath: path) else {
            // Only the suggestion depends on the list; that there is no such job is told without it.
            let files = (try? FileManager.default.contentsOfDirectory(atPath: settings.jobs)) ?? []
            let names = files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            let nearest = EditDistance.nearestWord(to: name, among: names)
            let remedy = nearest.map { "the nearest is '\($0)'" } ?? "the folder holds no job files"
            throw SettingsError(
                file: settings.jobs, key: name, "there is no job '\(name)' here: \(remedy)", nearest: nearest)
        }
        return try load(path: path, over: settings)
    }

    /// Reads a job file.
    ///
    /// - Parameters:
    ///   - path: the job file.
    ///   - settings: what the job leaves out comes from here.
    /// - Returns: the job as it runs.
    /// - Throws: an error that names file, line, key and what would be right.
    package static func load(path: String, over settings: Settings) throws(SettingsError) -> JobDefinition {
        let job = try load(try root(of: path), path: path, over: settings)
        // Only such a job depends on others' files.
        if job.reuseWithin != nil { try job.refuseLongReuse(beside: try all(in: settings), path: path) }
        return job
    }

    /// Reads a job file as YAML only.
    static func root(of path: String) throws(SettingsError) -> Entry {
        let input: InputText
        do {
            input = try InputText(path: path)
        } catch {
            throw SettingsError(file: path, "\(error.message): name a job file")
        }
        return try Entry.parse(input.text, file: path)
    }

    /// Reads a job from its parsed YAML; `checkingRules` refuses keys that do not go together.
    static func load(
        _ root: Entry, path: String, over settings: Settings, checkingRules: Bool = true
    ) throws(SettingsError) -> JobDefinition {
        let flat = try FlatFile(root, schema: schema, file: path)
        if checkingRules { try flat.refuseBoth([Alternative(one: [pathKey.path], other: [globKey.path])]) }
        let reader = ValueReader(flat, directory: settings.folder)
        return try JobDefinition(path: path, reader: reader, settings: settings, checkingRules: checkingRules)
    }

    private init(
        path: String, reader: ValueReader, settings: Settings, checkingRules: Bool
    ) throws(SettingsError) {
        var reader = reader
        name = try Self.name(of: path, from: &reader)
        file = URL(filePath: path).standardizedFileURL.path
        description = try reader.optional(Self.descriptionKey)
        isEnabled = try reader.value(Self.enabledKey)
        limits = try Settings.Limits(from: &reader, over: settings.limits)
        schedule = try reader.optional(Self.scheduleKey)
        timeZone = try reader.value(Self.timeZoneKey, over: limits.timeZone)
        catchUp = try reader.value(Self.catchUpKey)
        window = try reader.optional(Self.windowKey)
        priority = try reader.value(Self.priorityKey)
        source = try Source(from: &reader)
        format = try reader.optional(Self.formatKey)
        fields = try reader.fields(Self.fieldsKey)
        ignoredColumns = try reader.words(Self.ignoredKey)
        recordIDColumn = try reader.optional(Self.recordIDKey)
        trims = try reader.value(Self.trimKey)
        checksSpreadsheets = try reader.value(Self.spreadsheetChecksKey)
        placeholders = try reader.texts(Self.placeholdersKey)
        absentTexts = try reader.texts(Self.absentTextsKey) ?? []
        allowsCardNumbers = try reader.value(Self.cardNumbersKey)
        after = try reader.optional(Self.afterKey) ?? (source.path == nil ? .keep : .archive)
        exchangeGroup = try reader.optional(Self.exchangeGroupKey)
        output = try reader.optional(Self.outputKey)
        outputForm = try Settings.OutputForm(from: &reader, over: settings.outputForm)
        notify = try Settings.Notification(from: &reader, over: settings.notify)
        rerun = try Rerun(from: &reader)
        retry = try Settings.Retry(from: &reader, over: settings.retry)
        halt = try Settings.Halt(from: &reader, over: settings.halt)
        confirmAbove = try Settings.ConfirmAbove(from: &reader, over: settings.confirmAbove)
        needsConfirmation = try reader.value(Self.confirmKey)
        maxInvalid = try reader.optional(SettingKeys.maxInvalid, over: settings.maxInvalid)
        reuseWithin = try reader.optional(Self.reuseKey)
        accept = try Accept(from: &reader)
        retention = try Settings.Retention(from: &reader, over: settings.retention)
        if checkingRules { try checkRules(reader, pricing: settings.pricing) }
    }

    /// One name for one thing: a `name` inside the file must be the file's own.
    private static func name(of path: String, from reader: inout ValueReader) throws(SettingsError) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let stem = file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
        let given = try reader.optional(nameKey)
        guard nameFormat.read(stem, "/") != nil, stem != unnamed else {
            throw SettingsError(
                file: path, key: "name",
                "rename this file: a job is called by its file, so that must be \(nameFormat.expectation), not '\(unnamed)'"
            )
        }
        guard given == nil || given == stem else {
            throw reader.error(at: nameKey.path, "name must be the file's own, '\(stem)', or be left out")
        }
        return stem
    }
}

/// One file of the jobs' folder: the job it holds, or why it holds none.
package struct JobFile: Sendable {
    /// The file's name without its ending.
    package let name: String
    /// The file, absolute.
    package let path: String
    /// The job, or what is wrong with the file.
    package let result: Result<JobDefinition, SettingsError>
    /// All that is wrong with the file, the first as in `result`; empty for a file that is right.
    package let errors: [SettingsError]

    init(name: String, path: String, job: JobDefinition) {
        (self.name, self.path, result, errors) = (name, path, .success(job), [])
    }

    init(name: String, path: String, error: SettingsError, others: [SettingsError] = []) {
        (self.name, self.path, result, errors) = (name, path, .failure(error), [error] + others)
    }
}

extension JobDefinition {
    /// Every job file of the settings' folder, sorted by name, so that one broken file does not hide the others.
    ///
    /// - Throws: an error that names the folder if it is there and cannot be read; a missing one holds no jobs.
    package static func all(in settings: Settings) throws(SettingsError) -> [JobFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: settings.jobs)
        } catch CocoaError.fileReadNoSuchFile {
            return []
        } catch {
            throw SettingsError(file: settings.jobs, key: "jobs", "this folder cannot be read: check its permissions")
        }
        let files = names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
            .map { file(at: "\(settings.jobs)/\($0)", over: settings) }
        return files.map { $0.refusingLongReuse(beside: files) }
    }

    /// Reads one job file, keeping its error beside its name.
    package static func file(at path: String, over settings: Settings) -> JobFile {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        guard !file.hasSuffix(".yml") else {
            // Silently left out, a job would be missed only when its results are.
            let error = SettingsError(file: path, "a job file's name ends in .yaml: rename it to \(stem).yaml")
            return JobFile(name: stem, path: path, error: error)
        }
        do {
            let root = try root(of: path)
            do {
                return JobFile(name: stem, path: path, job: try load(root, path: path, over: settings))
            } catch {
                let others = errors(beside: error, in: root, path: path, over: settings)
                return JobFile(name: stem, path: path, error: error, others: others)
            }
        } catch {
            return JobFile(name: stem, path: path, error: error)
        }
    }

    /// What else is wrong, found by leaving out what is known to be wrong. Whether keys go together cannot be judged
    /// for a file that lacks some, nor whether one is missing.
    private static func errors(
        beside first: SettingsError, in root: Entry, path: String, over settings: Settings
    ) -> [SettingsError] {
        var (errors, last, rest) = ([SettingsError](), first, root)
        while let smaller = rest.without(last.key, line: last.line) {
            rest = smaller
            do {
                _ = try load(rest, path: path, over: settings, checkingRules: false)
                break
            } catch {
                last = error
                if error.line != nil { errors.append(error) }
            }
        }
        return errors
    }
}
