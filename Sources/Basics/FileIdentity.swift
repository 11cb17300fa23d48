package import Foundation

/// Shows whether a file is still the one seen before and has not been written to.
package struct FileIdentity: Sendable, Equatable {
    package let device: UInt64
    package let inode: UInt64
    /// Size in bytes.
    package let byteCount: Int
    /// Time of the last write in nanoseconds since 1970 UTC, as set by the writer or its file server's clock.
    package let modifiedAt: Int64
    /// Time of the last change of content, name or mode, in nanoseconds since 1970 UTC. No writer can choose it
    /// (`man 7 inode`, st_ctime).
    package let changedAt: Int64

    /// Describes a file as it was seen.
    package init(device: UInt64, inode: UInt64, byteCount: Int, modifiedAt: Int64, changedAt: Int64) {
        self.device = device
        self.inode = inode
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
        self.changedAt = changedAt
    }

    /// Whether this is the same file, not written to since according to its writer, although its name may have changed,
    /// which updates `changedAt`.
    package func isSameBesidesName(as other: FileIdentity) -> Bool {
        (device, inode, byteCount, modifiedAt) == (other.device, other.inode, other.byteCount, other.modifiedAt)
    }
}

extension FileIdentity {
    /// Creates a file's identity from its `stat`.
    package init(_ facts: stat) {
        self.init(
            device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino), byteCount: Int(facts.st_size),
            modifiedAt: Self.nanoseconds(facts.st_mtim), changedAt: Self.nanoseconds(facts.st_ctim))
    }

    /// A nonsensical year from a file system is treated as the greatest there is.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let (seconds, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows else { return time.tv_sec < 0 ? .min : .max }
        return seconds.addingReportingOverflow(Int64(time.tv_nsec)).partialValue
    }
}

/// Names by which programs mark unfinished files: uploads, downloads, and what editors keep beside a file.
package enum UnfinishedName {
    private static let beginnings = ["~$", "."]
    private static let endings = [
        "~", ".bak", ".swp", ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".upload",
    ]

    /// The part of a name that shows that its file is not finished.
    ///
    /// - Parameter name: a file's name, without its folder.
    /// - Returns: such as `.filepart`; nil for a name without such a part.
    package static func sign(in name: String) -> String? {
        let lowercase = name.lowercased()
        return beginnings.first(where: name.hasPrefix) ?? endings.first(where: lowercase.hasSuffix)
    }
}
