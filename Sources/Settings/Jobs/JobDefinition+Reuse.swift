/// `reuse_within` against the retention of all jobs: an answer that its own job has erased cannot be used again, and the
/// call that it would have saved is paid.
extension JobDefinition {
    /// Whether answers are to be used again that a retention has erased by then.
    func reuses(beyond retention: Settings.Retention) -> Bool {
        guard let reuseWithin, let kept = retention[.results] else { return false }
        return reuseWithin > kept
    }

    /// Refuses a `reuse_within` that is longer than another job keeps its answers. A job's own retention is never longer
    /// than that of the settings, and is compared when the job is read.
    ///
    /// - Parameters:
    ///   - files: All job files; what is wrong with them is not looked at.
    ///   - path: The job's own file.
    /// - Throws: An error that names the line, the key and the other job.
    func refuseLongReuse(beside files: [JobFile], path: String) throws(SettingsError) {
        // A file with an error is refused by itself.
        let others = files.compactMap { try? $0.result.get() }
        let shortest = others.filter { $0.name != name && reuses(beyond: $0.retention) }.min {
            ($0.retention[.results] ?? .zero) < ($1.retention[.results] ?? .zero)
        }
        guard let shortest, let kept = shortest.retention[.results] else { return }
        let key = Self.reuseKey.path
        throw SettingsError(
            file: path, line: try Self.line(of: key, in: path), key: key,
            "\(key) must not be longer than retention.results of the job '\(shortest.name)', \(kept.settingText), after "
                + "which its answers are erased")
    }

    private static func line(of key: String, in path: String) throws(SettingsError) -> Int? {
        try FlatFile(try root(of: path), schema: schema, file: path).scalars[key]?.place.line
    }
}

extension JobFile {
    /// The file, with an error where its job reuses answers that another job has erased by then.
    ///
    /// - Parameter files: All job files.
    /// - Returns: The file, or one of the same name with the error.
    package func refusingLongReuse(beside files: [JobFile]) -> JobFile {
        guard case .success(let job) = result else { return self }
        do {
            try job.refuseLongReuse(beside: files, path: path)
            return self
        } catch {
            return JobFile(name: name, path: path, error: error)
        }
    }
}
