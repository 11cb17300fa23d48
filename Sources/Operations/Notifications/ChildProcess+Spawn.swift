import CPlatform
import Foundation

extension ChildProcess {
    /// Starts the program with nothing of ours but its input: no descriptor, no ignored signal, no process group.
    static func spawn(
        _ command: [String], _ environment: [String: String], _ folder: String, input: Int32
    ) throws(Refusal) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        try prepare(&actions, folder, input: input)
        prepare(&attributes)
        let arguments = Strings(command)
        let variables = Strings(environment.map { "\($0)=\($1)" })
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, &attributes, arguments.pointers, variables.pointers)
        guard code == 0 else { throw Refusal(code: code) }
        return process
    }

    private static func prepare(
        _ actions: inout posix_spawn_file_actions_t, _ folder: String, input: Int32
    ) throws(Refusal) {
        let codes = [
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO),
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0),
            posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO),
            rollcall_spawn_without(&actions, STDERR_FILENO + 1),
            rollcall_spawn_in(&actions, folder),
        ]
        if let code = codes.first(where: { $0 != 0 }) { throw Refusal(code: code) }
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// C's list of texts, ended by a null pointer; freed with its owner.
    private final class Strings {
        let pointers: [UnsafeMutablePointer<CChar>?]

        init(_ texts: [String]) { pointers = texts.map { strdup($0) } + [nil] }
        deinit { for pointer in pointers { free(pointer) } }
    }
}
