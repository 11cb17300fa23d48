import Basics
import Foundation

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
    /// - Throws: ``DropFolderError`` when the system does not tell.
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

    /// A regular file as it stands; nil for anything else, and for nothing. Links are not followed.
    ///
    /// - Throws: ``DropFolderError`` when the system does not tell.
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
