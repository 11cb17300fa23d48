import Foundation

/// Who may do what with a folder or a file, and where it lies.
struct FolderFacts: Equatable {
    /// The permission bits and nothing else of its mode.
    let mode: mode_t
    let owner: uid_t
    let group: gid_t
    let device: dev_t

    /// Whether it belongs to this process's user and nobody else can use it.
    var isPrivatelyOurs: Bool { mode == 0o700 && owner == geteuid() }
}
