internal import Foundation

extension FolderCalls {
    /// A regular file as it stands; nil for anything else, and for nothing. Links are not followed.
    ///
    /// - Throws: ``DropFolderError`` when the system does not tell.
    func file(_ path: String) throws -> FileIdentity? {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            if errno == ENOENT { return nil }
            return try failure(.folder, "examined", path)
        }
        guard facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileIdentity(
            device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino), byteCount: Int(facts.st_size),
            modifiedAt: Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec))
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
