import Basics
import Foundation

extension FolderCalls {
    /// Makes a folder with mode 0700 unless there is one.
    ///
    /// - Returns: whether it was made now.
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

    /// Gives a folder exactly this mode, whatever the umask says, and its group where there is one.
    ///
    /// - Throws: ``DropFolderError`` when it is no folder or cannot be changed.
    func arrange(folder path: String, sharedWith group: ExchangeGroup?, mode: mode_t) throws {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return try failure(.folder, "opened", path) }
        defer { close(folder) }
        if let group { return try share(folder, named: path, with: group, mode: mode) }
        if try facts(of: folder, named: path).mode == mode { return }
        guard fchmod(folder, mode) == 0 else { return try failure(.folder, "made private", path) }
        try afterEach(.share)
    }

    /// Gives an open file or folder to a group. What is right already is left alone: it may belong to somebody else.
    func share(_ descriptor: Int32, named path: String, with group: ExchangeGroup, mode: mode_t) throws {
        let present = try facts(of: descriptor, named: path)
        if present.mode == mode && present.group == group.id { return }
        // Changing the group clears the set-group-id bit, so the mode comes last.
        guard fchown(descriptor, uid_t.max, group.id) == 0, fchmod(descriptor, mode) == 0 else {
            throw notShared(path, group, cause: String(cString: strerror(errno)))
        }
        // `man 2 chmod`: for one who is not in the group the bit is dropped without an error.
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

    /// Mode, owner and place of something open.
    func facts(of descriptor: Int32, named path: String) throws -> FolderFacts {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return try failure(.folder, "examined", path) }
        return FolderFacts(
            mode: facts.st_mode & 0o7777, owner: facts.st_uid, group: facts.st_gid, device: facts.st_dev)
    }
}
