import Basics
import CPlatform
import Foundation

/// The changes a drop folder makes to the file system, each a single atomic system call.
struct FolderCalls: Sendable {
    /// Called after each change. If it throws, work ends as in a crash: nothing is cleaned up.
    var afterEach: @Sendable (FolderStep) throws -> Void = { _ in }
    /// Whether `renameat2` is tried; NFS and some FUSE file systems lack its flags.
    var usesRenameFlags = true
    /// What the names of its temporary texts end in: of nodes that share a folder none removes another's.
    var temporaryEnding = ".tmp"

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

    /// Where no one else creates files, checking first and then renaming is as safe.
    private func moveAlone(_ old: String, to new: String) throws -> Move {
        guard try file(old) != nil else { return .gone }
        var facts = stat()
        guard lstat(new, &facts) != 0 else { return .occupied }
        try replace(new, with: old)
        return .moved
    }

    /// A crash between the two leaves both names on one file, which the next attempt recognises. The kernel may refuse
    /// a link to another user's file (`man 5 proc`, protected_hardlinks): the new name is then treated as taken.
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

    /// Renames a file, replacing any file of the new name.
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

    /// Folder and name of an absolute path. Names are chosen by others, so nothing else in them is interpreted.
    static func parts(of path: String) -> (folder: Substring, name: Substring) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        return (path[..<slash], path[slash...].dropFirst())
    }

    /// Throws the error for the call that has just failed, from `errno`.
    func failure<Result>(_ code: DropFolderError.Code, _ verb: String, _ path: String) throws -> Result {
        throw Self.error(code, verb, path, SystemFault(errno))
    }

    /// Makes system calls whose fault becomes an error that names a file.
    @discardableResult
    func naming<Value: ~Copyable>(
        _ path: String, _ verb: String, _ code: DropFolderError.Code, _ calls: () throws(SystemFault) -> Value
    ) throws(DropFolderError) -> Value {
        try SystemFault.translating(by: { Self.error(code, verb, path, $0) }, calls)
    }

    private static func error(
        _ code: DropFolderError.Code, _ verb: String, _ path: String, _ fault: SystemFault
    ) -> DropFolderError {
        let isElsewhere = fault.code == EXDEV
        let name = parts(of: path).name
        let remedy = isElsewhere ? "put inbox, working, archive and rejected on one file system" : fault.advice
        return DropFolderError(
            isElsewhere ? .fileSystems : code, "\(name) cannot be \(verb); \(remedy)", cause: fault.text)
    }
}

extension FolderCalls {
    /// What a name in a folder stands for. Links are not followed.
    enum Entry {
        case file(FileIdentity)
        case folder
        case link
        case special
        case nothing
    }

    /// What lies at a path.
    ///
    /// - Throws: ``DropFolderError`` when the system cannot answer.
    func entry(_ path: String) throws -> Entry {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            if errno == ENOENT { return .nothing }
            return try failure(.folder, "examined", path)
        }
        return switch facts.st_mode & S_IFMT {
        case S_IFREG: .file(FileIdentity(facts))
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .special
        }
    }

    /// A regular file as it is now; nil for anything else, and for nothing. Links are not followed.
    ///
    /// - Throws: ``DropFolderError`` when the system cannot answer.
    func file(_ path: String) throws -> FileIdentity? {
        if case .file(let identity) = try entry(path) { identity } else { nil }
    }

    /// The names in a folder; nil stands for one that is not UTF-8.
    ///
    /// - Throws: ``DropFolderError`` when it cannot be read.
    func names(in folder: String) throws -> [String?] {
        guard let stream = opendir(folder) else { return try failure(.folder, "read", folder) }
        defer { closedir(stream) }
        var names: [String?] = []
        errno = 0
        // `man 3 readdir`: the end and an error differ in errno alone.
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { return try failure(.folder, "read", folder) }
        return names
    }
}

extension FolderCalls {
    /// Makes a folder with mode 0700 unless there is one.
    ///
    /// - Returns: whether it was created.
    /// - Throws: ``DropFolderError`` when it cannot be made.
    @discardableResult
    func makeFolder(_ path: String) throws -> Bool {
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return false }
            return try failure(.folder, "made", path)
        }
        try afterEach(.makeFolder)
        return true
    }

    /// Gives a folder exactly this mode, regardless of the umask, and its group where there is one.
    ///
    /// - Throws: ``DropFolderError`` when it is no folder or cannot be changed.
    func arrange(folder path: String, sharedWith group: ExchangeGroup?, mode: mode_t) throws {
        let folder = try open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        if let group { return try share(folder, named: path, with: group, mode: mode) }
        if try facts(of: folder, named: path).mode == mode { return }
        try naming(path, "made private", .folder) { () throws(SystemFault) in try folder.setMode(mode) }
        try afterEach(.share)
    }

    /// Opens a file or folder.
    ///
    /// - Throws: ``DropFolderError`` when it cannot be opened.
    func open(_ path: String, _ flags: Int32) throws(DropFolderError) -> OwnedDescriptor {
        try naming(path, "opened", .folder) { () throws(SystemFault) in try OwnedDescriptor(opening: path, flags) }
    }

    /// Sets the group of an open file or folder. One that is right already is left alone: another user may own the
    /// file.
    func share(
        _ descriptor: borrowing OwnedDescriptor, named path: String, with group: ExchangeGroup, mode: mode_t
    ) throws {
        let present = try facts(of: descriptor, named: path)
        if present.mode == mode && present.group == group.id { return }
        // Changing the group clears the set-group-id bit, so the mode comes last.
        guard fchown(descriptor.number, uid_t.max, group.id) == 0, fchmod(descriptor.number, mode) == 0 else {
            throw notShared(path, group, cause: String(cString: strerror(errno)))
        }
        // `man 2 chmod`: for a caller who is not in the group the bit is dropped without an error.
        guard try facts(of: descriptor, named: path).mode == mode else { throw notShared(path, group, cause: nil) }
        try afterEach(.share)
    }

    private func notShared(_ path: String, _ group: ExchangeGroup, cause: String?) -> DropFolderError {
        DropFolderError(
            .group,
            "\(Self.parts(of: path).name) cannot be given to the group '\(group.name)'; let the "
                + "user Rollcall runs as own it and be in that group "
                + "('usermod -aG \(ShellQuoting.word(group.name)) \(ShellQuoting.word(NSUserName()))'), and start again",
            cause: cause)
    }

    /// Mode, owner and path of an open file or folder.
    func facts(of descriptor: borrowing OwnedDescriptor, named path: String) throws -> FolderFacts {
        let facts = try naming(path, "examined", .folder) { () throws(SystemFault) in try descriptor.facts() }
        return FolderFacts(
            mode: facts.st_mode & 0o7777, owner: facts.st_uid, group: facts.st_gid, device: facts.st_dev)
    }
}

extension FolderCalls {
    /// Names of temporary texts; hidden, so that no inbox takes them for files.
    static let temporaryPrefix = ".rollcall-"

    /// Writes a small text under a temporary name and renames it when it is complete. Leftovers of an earlier attempt
    /// are removed first: a full disk must not fill up with temporaries.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - path: where it goes; replaced when it is there.
    ///   - group: the group that may read and write it; nil for the owner only.
    ///   - isDurable: whether the text must be on the disk before it is renamed.
    /// - Throws: ``DropFolderError`` when it cannot be written.
    func write(_ text: String, to path: String, sharedWith group: ExchangeGroup?, isDurable: Bool = true) throws {
        let (folder, name) = Self.parts(of: path)
        let temporary = "\(folder)/\(Self.temporaryPrefix)\(name)\(temporaryEnding)"
        try remove(temporary)
        let file = try naming(path, "written", .notWritten) { () throws(SystemFault) in
            try OwnedDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        }
        try afterEach(.createText)
        if let group { try share(file, named: path, with: group, mode: 0o660) }
        try naming(path, "written", .notWritten) { () throws(SystemFault) in try file.write(text.utf8) }
        try afterEach(.writeText)
        if isDurable {
            try naming(path, "written to disk", .notWritten) { () throws(SystemFault) in try file.synchronize() }
        }
        try replace(path, with: temporary)
    }

    /// Makes a folder's names survive a power cut (`man 2 fsync`); some network file systems do so on their own and
    /// answer EINVAL.
    func synchronize(_ folder: String) throws {
        let descriptor = try open(folder, O_RDONLY | O_DIRECTORY)
        try naming(folder, "written to disk", .folder) { () throws(SystemFault) in
            do throws(SystemFault) { try descriptor.synchronize() } catch  where error.code == EINVAL {}
        }
        try afterEach(.synchronize)
    }
}

/// One change of the file system, reported to an observer of each step: a test that simulates a crash there.
enum FolderStep: Sendable, Equatable {
    case makeFolder
    case share
    case move
    case remove
    case createText
    case writeText
    case synchronize
}
