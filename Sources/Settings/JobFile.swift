import Foundation

/// One file of the jobs' folder: the job it holds, or why it holds none.
public struct JobFile: Sendable {
    /// The file's name without its ending.
    public let name: String
    /// The file, absolute.
    public let path: String
    /// The job, or what is wrong with the file.
    public let result: Result<JobDefinition, SettingsError>
    /// All that is wrong with the file, the first as in `result`; empty for a file that is right.
    public let errors: [SettingsError]

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
    public static func all(in settings: Settings) throws(SettingsError) -> [JobFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: settings.jobs)
        } catch CocoaError.fileReadNoSuchFile {
            return []
        } catch {
            throw SettingsError(file: settings.jobs, key: "jobs", "this folder cannot be read: check its permissions")
        }
        return names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
            .map { file(at: "\(settings.jobs)/\($0)", over: settings) }
    }

    /// Reads one job file, keeping its error beside its name.
    public static func file(at path: String, over settings: Settings) -> JobFile {
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

    /// What else is wrong, found by leaving out what is known to be wrong. Whether keys go together cannot be told of a
    /// file that lacks some, nor whether one is missing.
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
