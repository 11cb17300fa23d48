import CPlatform
import Foundation

/// What keeps personal data and keys in this process's memory from reaching a disk or another process of the user.
enum ProcessPrivacy {
    /// No core dump is written and no other process may attach (`man 2 prctl`, `man 2 getrlimit`).
    ///
    /// Both calls can fail only where the system forbids what is asked to be forbidden, so their result says nothing.
    static func apply() {
        _ = rollcall_forbid_dumps()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
