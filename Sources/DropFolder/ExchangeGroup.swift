import Basics
import Foundation

/// The group of people who drop files and take results.
package struct ExchangeGroup: Sendable, Equatable {
    package let name: String
    let id: gid_t

    /// Looks up a group.
    ///
    /// - Parameter name: the group's name.
    /// - Returns: the group.
    /// - Throws: ``DropFolderError`` when the system has no such group, or cannot answer.
    package static func named(_ name: String) throws(DropFolderError) -> ExchangeGroup {
        var (entry, found) = (group(), UnsafeMutablePointer<group>?.none)
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        // `man 3 getgrnam_r`: a group with more members than the buffer holds is ERANGE.
        var code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        while code == ERANGE || code == EINTR {
            if code == ERANGE { buffer = [CChar](repeating: 0, count: buffer.count * 2) }
            code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        }
        guard found != nil else { throw unknown(name, code) }
        return ExchangeGroup(name: name, id: entry.gr_gid)
    }

    private static func unknown(_ name: String, _ code: Int32) -> DropFolderError {
        DropFolderError(
            .group, "exchange_group: there is no group '\(name)'; make it with 'groupadd \(name)', or name another",
            cause: code == 0 ? nil : String(cString: strerror(code)))
    }
}

extension DropFolder {
    /// Opens a batch's result folder in `out/` to the exchange group: the files 0660, then the folder 2770, so that
    /// no half-shared folder is visible. Call it after every write of results, which makes them private. Without an
    /// exchange group it does nothing.
    ///
    /// - Parameter folder: the name of the folder in `out/`.
    /// - Throws: ``DropFolderError`` when the group of a file or folder cannot be set.
    package func shareResults(_ folder: String) throws {
        guard let exchangeGroup else { return }
        let path = "\(output)/\(folder)"
        for name in try calls.names(in: path).compactMap(\.self) where try calls.file("\(path)/\(name)") != nil {
            try share(file: "\(path)/\(name)", with: exchangeGroup)
        }
        try calls.arrange(folder: path, sharedWith: exchangeGroup, mode: 0o2770)
    }

    private func share(file path: String, with group: ExchangeGroup) throws {
        let file = try calls.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        try calls.share(file, named: path, with: group, mode: 0o660)
    }
}
