import Foundation

/// The group of people who drop files and take results.
public struct ExchangeGroup: Sendable, Equatable {
    /// Its name.
    public let name: String
    let id: gid_t

    /// Looks a group up.
    ///
    /// - Parameter name: the group's name.
    /// - Returns: the group.
    /// - Throws: ``DropFolderError`` when the system knows no such group, or cannot tell.
    public static func named(_ name: String) throws(DropFolderError) -> ExchangeGroup {
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
