import Foundation

/// Why the system does not tell about a folder's changes, so that polling must do.
struct InotifyFault: Error, Equatable {
    /// One sentence that says what to do; nil where a folder is missing, which the polling will tell.
    let message: String?

    /// `inotify_init1` failed.
    init(making code: Int32) {
        message =
            code == EMFILE || code == ENFILE
            ? "changes of folders are found by polling only: raise fs.inotify.max_user_instances or the limit of open files"
            : Self.polling(code)
    }

    /// `inotify_add_watch` failed.
    init(watching code: Int32) {
        message =
            switch code {
            case ENOENT, ENOTDIR: nil
            case ENOSPC: "changes of folders are found by polling only: raise fs.inotify.max_user_watches"
            default: Self.polling(code)
            }
    }

    private static func polling(_ code: Int32) -> String {
        "changes of folders are found by polling only: \(String(cString: strerror(code)))"
    }
}
