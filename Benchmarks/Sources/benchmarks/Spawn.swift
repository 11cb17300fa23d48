import Foundation

/// The arguments of `man 3 posix_spawn`, owned until the process has started.
struct Spawn: ~Copyable {
    private let arguments: [UnsafeMutablePointer<CChar>?]
    private let environment: [UnsafeMutablePointer<CChar>?]
    private let name: String
    private var actions = posix_spawn_file_actions_t()

    init(_ arguments: [String], environment: [String: String], output: String, errors: String) {
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        name = arguments[0]
        self.arguments = arguments.map { strdup($0) } + [nil]
        self.environment = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, flags, 0o600)
    }

    deinit {
        for text in arguments + environment { free(text) }
        var actions = actions
        posix_spawn_file_actions_destroy(&actions)
    }

    /// Starts the process and returns its id.
    func start() throws -> pid_t {
        var (identifier, actions) = (pid_t(), actions)
        guard posix_spawn(&identifier, name, &actions, nil, arguments, environment) == 0 else {
            throw BenchmarkError("\(name): cannot be started; is it there and built for this machine?")
        }
        return identifier
    }
}
