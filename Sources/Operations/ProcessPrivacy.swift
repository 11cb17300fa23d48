import CPlatform
import Foundation

/// What keeps personal data and keys in this process's memory from reaching a disk, a terminal or another process of
/// the user.
public enum ProcessPrivacy {
    /// The signals for which Swift's runtime installs a handler that prints the stack, the registers and what they point
    /// to (`swift/docs/Backtracing.rst`); after `kill -SEGV` from outside that handler even lets the process live on.
    private static let crashSignals = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGSYS]

    /// No backtrace is printed, no core dump is written and no other process of the user may attach (`man 2 signal`,
    /// `man 2 prctl`, `man 2 getrlimit`). Call it first in `main`, before anything can be in memory.
    ///
    /// The environment cannot undo it: `SWIFT_BACKTRACE=enable=yes` was heeded before `main`. The system's calls can fail
    /// only where it forbids what is asked to be forbidden, so their results say nothing.
    public static func apply() {
        for number in crashSignals { signal(number, SIG_DFL) }
        _ = rollcall_forbid_dumps()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
