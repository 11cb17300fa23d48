import Basics
import CPlatform
import Foundation

/// The changes a drop folder makes to the file system, each one system call, atomic by itself.
struct FolderCalls: Sendable {
    /// Told after each change. What it throws ends the work where a crash would have ended it: nothing is cleaned up.
    var afterEach: @Sendable (FolderStep) throws -> Void = { _ in }
    /// Whether `renameat2` is tried; NFS and some FUSE file systems lack its flags.
    var usesRenameFlags = true

    /// How a move that replaces nothing ended.
    enum Move: Equatable {
        case moved
        /// There is no such file.
        case gone
        /// The new name is taken.
        case occupied
    }

    /// Moves a file to a name that must be free.
    ///
    /// - Parameters:
    ///   - old: where it is.
    ///   - new: where it goes.
    ///   - isShared: whether others may make files in the folder it goes to.
    /// - Returns: how it ended.
    /// - Throws: ``DropFolderError`` for any other reason why it cannot be moved.
    func move(_ old: String, to new: String, isShared: Bool = false) throws -> Move {
        if usesRenameFlags && rollcall_rename_without_replacing(old, new) == 0 {
            try afterEach(.move)
            return .moved
        }
        switch usesRenameFlags ? errno : ENOSYS {
        case ENOENT where try file(old) == nil: return .gone
        case EEXIST: return .occupied
        case EINVAL, ENOSYS: return isShared ? try link(old, to: new) : try moveAlone(old, to: new)
        default: return try failure(.notMoved, "moved", old)
        }
    }

    /// Where nobody else makes files, to look and then to rename is as good.
    private func moveAlone(_ old: String, to new: String) throws -> Move {
        guard try file(old) != nil else { return .gone }
        var facts = stat()
        guard lstat(new, &facts) != 0 else { return .occupied }
        try replace(new, with: old)
        return .moved
    }

    /// A crash between the two leaves both names on one file, which the next try recognises. The kernel may refuse a
    /// link to somebody else's file (`man 5 proc`, protected_hardlinks): the new name is then as good as taken.
    private func link(_ old: String, to new: String) throws -> Move {
        if Foundation.link(old, new) == 0 {
            try afterEach(.move)
        } else {
            switch errno {
            case ENOENT where try file(old) == nil: return .gone
            case EEXIST: guard try isSame(old, new) else { return .occupied }
            case EPERM, EOPNOTSUPP: return .occupied
            default: return try failure(.notMoved, "moved", old)
            }
        }
        try remove(old)
        return .moved
    }

    private func isSame(_ old: String, _ new: String) throws -> Bool {
        guard let one = try file(old), let other = try file(new) else { return false }
        return (one.device, one.inode) == (other.device, other.inode)
    }

    /// Gives a file another name, replacing what has that name.
    func replace(_ new: String, with old: String) throws {
        guard rename(old, new) == 0 else { return try failure(.notMoved, "renamed", new) }
        try afterEach(.move)
    }

    /// Removes a file if it is there.
    func remove(_ path: String) throws {
        guard unlink(path) == 0 else {
            if errno == ENOENT { return }
            return try failure(.notMoved, "removed", path)
        }
        try afterEach(.remove)
    }

    /// Folder and name of an absolute path. Names are other people's, so nothing else in them has a meaning.
    static func parts(of path: String) -> (folder: Substring, name: Substring) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        return (path[..<slash], path[slash...].dropFirst())
    }

    /// The error for the call that has just failed, which says so in `errno`.
    func failure<Result>(_ code: DropFolderError.Code, _ verb: String, _ path: String) throws -> Result {
        let fault = SystemFault(errno)
        let isElsewhere = fault.code == EXDEV
        let name = Self.parts(of: path).name
        let remedy = isElsewhere ? "put inbox, working, archive and rejected on one file system" : fault.advice
        throw DropFolderError(
            isElsewhere ? .fileSystems : code, "\(name) cannot be \(verb); \(remedy)", cause: fault.text)
    }
}
