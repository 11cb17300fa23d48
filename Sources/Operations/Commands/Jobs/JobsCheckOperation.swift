import Basics
import DropFolder
import Foundation
import Ingest
import Schedules
import Settings

/// `rollcall jobs check`: whether job files are valid, and whether what they need exists.
package struct JobsCheckOperation: Sendable {
    private let files: [String]
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes the check; no files means all of the jobs' folder.
    package init(files: [String], config: String, json: Bool, console: Console = .standard) {
        self.files = files
        self.config = config
        self.json = json
        self.console = console
    }

    /// Prints every finding.
    ///
    /// - Returns: `configuration` if a file is invalid or an enabled job lacks something.
    package func perform() async throws -> ExitStatus {
        let settings = try Installation(config: config).settings
        let findings = try Self.findings(files, settings: settings)
        for finding in findings where !json { console.output(finding.text) }
        if json { console.output(JSONText.text(of: findings)) }
        return findings.contains { $0.level == .failure } ? .configuration : .succeeded
    }

    /// What is found in all job files, or in those named by path or job.
    static func findings(_ files: [String], settings: Settings) throws -> [Finding] {
        let all = try JobDefinition.all(in: settings)
        let named = files.map { file(named: $0, settings: settings).refusingLongReuse(beside: all) }
        let wanted = files.isEmpty ? all : named
        guard !wanted.isEmpty else { return [.fine("jobs", "no job files in \(settings.jobs)")] }
        let now = WallTime.now()
        let names = Set((all + wanted).map(\.name))
        return wanted.flatMap { file -> [Finding] in
            guard case .success(let job) = file.result else {
                return file.errors.map { .failure(file.name, $0.description) }
            }
            // A file that holds no job cannot conflict with this one.
            let others = all.filter { $0.name != file.name }.compactMap { try? $0.result.get() }
            return JobChecks(job: job, names: names, others: others, shared: settings.limits, now: now).findings()
        }
    }

    private static func file(named name: String, settings: Settings) -> JobFile {
        let isFile = name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        return JobDefinition.file(at: isFile ? name : "\(settings.jobs)/\(name).yaml", over: settings)
    }
}

/// What a valid job needs on this machine: folders, a group, a program, other jobs.
///
/// What is missing is a warning for a disabled job, and a failure for one that the daemon would run.
struct JobChecks {
    let job: JobDefinition
    /// The names of all jobs, this one among them.
    let names: Set<String>
    /// The other jobs that are valid.
    let others: [JobDefinition]
    /// The settings' caps, which hold over every job's.
    let shared: Settings.Limits
    let now: WallTime

    /// What is lacking; where nothing is, the one finding that says so and when the job is due.
    func findings() -> [Finding] {
        let lacking = problems().map { job.isEnabled ? Finding.failure(job.name, $0) : .warning(job.name, $0) }
        let doubts = warnings().map { Finding.warning(job.name, $0) }
        return lacking.isEmpty && doubts.isEmpty ? [.fine(job.name, summary)] : lacking + doubts
    }

    private func problems() -> [String] {
        [mapping, neverDue, output, leaving, group, command].compactMap { $0 } + dropFolder + strangers + rivals
    }

    private func warnings() -> [String] {
        [
            emptyPattern, Self.excess("daily_calls", job.limits.dailyCalls, shared.dailyCalls),
            Self.excess("monthly_cost", job.limits.monthlyCost, shared.monthlyCost),
        ].compactMap(\.self)
    }

    private var emptyPattern: String? {
        guard let pattern = job.source.glob, !Self.matches(pattern) else { return nil }
        return "source.glob matches nothing now: \(pattern)"
    }

    private static func excess<Cap: Comparable>(_ key: String, _ own: Cap?, _ shared: Cap?) -> String? {
        guard let own, let shared, own > shared else { return nil }
        return "limits.\(key): \(own) has no effect above the settings' \(shared), which holds for all jobs together"
    }

    private static func matches(_ pattern: String) -> Bool {
        var found = glob_t()
        defer { globfree(&found) }
        return glob(pattern, GLOB_NOSORT, nil, &found) == 0
    }

    private var summary: String {
        guard job.isEnabled else { return "is switched off" }
        guard let next = job.nextRun(after: now) else {
            return job.source.path.map { "takes what is dropped into \($0)" } ?? "runs when somebody runs files with it"
        }
        return "is due \(NumberFormat.time(next, in: job.timeZone))"
    }

    /// A mapping under which no file could be read is reported before the first file arrives.
    private var mapping: String? {
        FieldMapping(job).fault.map { "fields: \($0)" }
    }

    private var neverDue: String? {
        guard let schedule = job.schedule, schedule.next(after: now, in: job.timeZone) == nil else { return nil }
        return "schedule is never due: there is no such day in any year"
    }

    private var output: String? {
        guard let output = job.output, let obstacle = FolderCheck(output).obstacle else { return nil }
        return "output: \(obstacle)"
    }

    /// Files that a pattern names are moved or deleted in their own folder.
    private var leaving: String? {
        guard let glob = job.source.glob, job.after != .keep else { return nil }
        let folder = URL(filePath: glob).deletingLastPathComponent().path
        let places = job.after == .archive ? [folder, "\(folder)/archive"] : [folder]
        let present = places.filter { FileManager.default.fileExists(atPath: $0) }
        return present.compactMap { FolderCheck($0).obstacle }.first.map { "after: \($0), or say 'after: keep'" }
    }

    private var dropFolder: [String] {
        guard let path = job.source.path else { return [] }
        // It fails only for an exchange group that does not exist, and none is named here.
        guard let places = try? DropFolder(path: path) else { return [] }
        let folders = [places.inbox, places.working, places.archive, places.rejected, places.output]
            .map(FolderCheck.init)
        let obstacles = folders.compactMap(\.obstacle).map { "source.path: \($0)" }
        guard obstacles.isEmpty, Set(folders.map(\.device)).count > 1 else { return Array(obstacles.prefix(1)) }
        return [
            "source.path: inbox, working, archive, rejected and out must lie on one file system, or a file could be half moved"
        ]
    }

    private var group: String? {
        guard let name = job.exchangeGroup else { return nil }
        guard let group = getgrnam(name)?.pointee.gr_gid else {
            return
                "exchange_group: there is no group '\(name)'; make it with 'groupadd \(ShellQuoting.word(name))', or name another"
        }
        guard geteuid() != 0, group != getegid(), !Self.groups.contains(group) else { return nil }
        return
            "exchange_group: \(NSUserName()) is not in the group '\(name)'; add it with 'usermod -aG \(name) \(NSUserName())'"
    }

    private static var groups: [gid_t] {
        var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        return Array(groups.prefix(Int(max(0, count))))
    }

    private var command: String? {
        guard let program = job.notify?.command?.first, !Self.isExecutable(program) else { return nil }
        return program.contains("/")
            ? "notify: \(program) is no program that can be run; check its path, then 'chmod +x \(ShellQuoting.word(program))'"
            : "notify: there is no program '\(program)' in PATH; give its path"
    }

    private static func isExecutable(_ program: String) -> Bool {
        let folders =
            program.contains("/")
            ? [""] : (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/" }
        return folders.contains { folder in
            var isFolder: ObjCBool = false
            let path = folder + program
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
                && access(path, X_OK) == 0
        }
    }

    private var strangers: [String] {
        (job.rerun?.jobs ?? []).filter { !names.contains($0) && $0 != JobDefinition.unnamed }
            .map { "rerun.jobs: there is no job '\($0)'; \(Hint.jobsList) shows which there are" }
    }

    private var rivals: [String] {
        others.filter { $0.isEnabled && job.isEnabled && takesFromSamePlace($0) }
            .map { "source: the job '\($0.name)' takes the same files; give each its own folder or pattern" }
    }

    private func takesFromSamePlace(_ other: JobDefinition) -> Bool {
        Self.patterns(of: job).contains { pattern in Self.patterns(of: other).contains(where: pattern.overlaps) }
    }

    /// What a job takes; of a drop folder also what is being worked on.
    private static func patterns(of job: JobDefinition) -> [PathPattern] {
        if let glob = job.source.glob { return [PathPattern(glob)] }
        // It fails only for an exchange group that does not exist, and none is named here.
        guard let path = job.source.path, let folder = try? DropFolder(path: path) else { return [] }
        return [folder.inbox, folder.working].map { PathPattern(folder: $0) }
    }
}

/// Whether a folder that may not exist yet can be made and written into.
struct FolderCheck {
    /// The folder itself, or the nearest above it that exists.
    let nearest: String
    /// Its file system; nil if it cannot be determined.
    let device: dev_t?

    init(_ path: String) {
        var folder = URL(filePath: path).standardizedFileURL
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
            folder.deleteLastPathComponent()
        }
        nearest = folder.path
        var facts = stat()
        device = stat(nearest, &facts) == 0 ? facts.st_dev : nil
    }

    /// What is in the way, and the remedy; nil: nothing.
    var obstacle: String? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: nearest, isDirectory: &isFolder), isFolder.boolValue else {
            return "\(nearest) is not a folder; move it away or name another"
        }
        guard access(nearest, W_OK | X_OK) == 0 else {
            return "\(nearest) cannot be written by \(NSUserName()); change its owner or name another"
        }
        return nil
    }
}

/// A pattern of paths as `glob` reads it (`man 7 glob`), compared with others. A pure rule.
private struct PathPattern {
    /// What one part of a component stands for.
    private enum Token: Equatable {
        case character(Character)
        /// `?`
        case any
        /// `[…]`, with its brackets.
        case oneOf(String)
        /// `*`
        case anything
    }

    private let components: [[Token]]

    /// Reads an absolute pattern; `.` and `..` are resolved, links are not.
    init(_ pattern: String) {
        var components = [Substring]()
        for component in pattern.split(separator: "/") where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        self.components = components.map(Self.tokens)
    }

    /// Everything directly in a folder, whose name is taken literally.
    init(folder: String) {
        components = folder.split(separator: "/").map { $0.map(Token.character) } + [[.anything]]
    }

    /// Whether some path may match both. Two sets in brackets are taken to share a character.
    func overlaps(_ other: PathPattern) -> Bool {
        components.count == other.components.count
            && zip(components, other.components).allSatisfy { Self.overlap($0[...], $1[...]) }
    }

    private static func overlap(_ one: ArraySlice<Token>, _ other: ArraySlice<Token>) -> Bool {
        guard let first = one.first, let second = other.first else {
            return (one + other).allSatisfy { $0 == .anything }
        }
        // A star either ends here or consumes one more token of the other pattern; they need not both advance.
        if first == .anything || second == .anything {
            return overlap(one.dropFirst(first == .anything ? 1 : 0), other.dropFirst(first == .anything ? 0 : 1))
                || overlap(one.dropFirst(first == .anything ? 0 : 1), other.dropFirst(first == .anything ? 1 : 0))
        }
        return share(first, second) && overlap(one.dropFirst(), other.dropFirst())
    }

    /// Whether one character can be both.
    private static func share(_ one: Token, _ other: Token) -> Bool {
        switch (one, other) {
        case (.character(let first), .character(let second)): first == second
        case (.character(let character), .oneOf(let set)), (.oneOf(let set), .character(let character)):
            fnmatch(set, String(character), FNM_NOESCAPE) == 0
        default: true
        }
    }

    private static func tokens(_ component: Substring) -> [Token] {
        var (tokens, rest) = ([Token](), component)
        while let character = rest.popFirst() {
            switch character {
            case "*": if tokens.last != .anything { tokens.append(.anything) }
            case "?": tokens.append(.any)
            case "[":
                let set = set(rest)
                tokens.append(set.map { .oneOf("[\($0)") } ?? .character(character))
                rest = rest.dropFirst(set?.count ?? 0)
            case "\\": tokens.append(.character(rest.popFirst() ?? character))
            default: tokens.append(.character(character))
            }
        }
        return tokens
    }

    /// What follows an opening bracket, up to the one that closes it: a `]` that comes first stands for itself.
    private static func set(_ rest: Substring) -> Substring? {
        let negation = rest.prefix { $0 == "!" || $0 == "^" }.prefix(1)
        let body = rest.dropFirst(negation.count)
        guard let end = body.dropFirst().firstIndex(of: "]") else { return nil }
        return rest[...end]
    }
}
