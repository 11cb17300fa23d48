package import Foundation

/// Shows whether a file is still the one seen before and has not been written to.
package struct FileIdentity: Sendable, Equatable {
    package let device: UInt64
    package let inode: UInt64
    /// Size in bytes.
    package let byteCount: Int
    /// Time of the last write, as set by the writer or its file server's clock.
    package let modifiedAt: FileTime
    /// Time of the last change of content, name or mode. No writer can choose it (`man 7 inode`, st_ctime).
    package let changedAt: FileTime

    /// Describes a file as it was seen.
    package init(device: UInt64, inode: UInt64, byteCount: Int, modifiedAt: FileTime, changedAt: FileTime) {
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
            modifiedAt: FileTime(facts.st_mtim), changedAt: FileTime(facts.st_ctim))
    }
}

/// A time by the clock of a file system, as fine as that keeps it. Only times of the same file system can be compared.
package struct FileTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970 UTC.
    private let nanoseconds: Int64

    /// The time so many nanoseconds after the beginning of 1970 UTC.
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A time as `stat` gives it; a nonsensical year is treated as the greatest, or the least, there is.
    init(_ time: timespec) {
        let (seconds, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, exceeds) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
        nanoseconds = overflows || exceeds ? (time.tv_sec < 0 ? .min : .max) : sum
    }

    /// The same in whole milliseconds, to be compared with the time of day as far as the file system's clock is right.
    package var wallTime: WallTime { WallTime(milliseconds: nanoseconds / 1_000_000) }

    /// Whether one time is before another.
    package static func < (left: FileTime, right: FileTime) -> Bool { left.nanoseconds < right.nanoseconds }
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
