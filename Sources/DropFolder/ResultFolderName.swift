package import Basics
package import Foundation

/// The name of a batch's folder in `out/`: `NAME_DATE_ID`.
package enum ResultFolderName {
    /// Makes the name: the file's without its ending, when its batch was taken in, and the batch's number, which is
    /// never reused.
    ///
    /// - Parameters:
    ///   - file: the input file's name.
    ///   - instant: when the batch was taken in, which a re-run does not change.
    ///   - zone: the job's time zone.
    ///   - batch: the batch's number.
    /// - Returns: for example `accounts_20261125-2204_17`.
    package static func of(_ file: String, takenAt instant: WallTime, in zone: TimeZone, batch: Int64) -> String {
        var stem = FreeNames.parts(of: file).stem
        while stem.utf8.count > longestStem { stem.removeLast() }
        return "\(stem)_\(LocalTime(instant, in: zone).compact)_\(batch)"
    }

    /// In bytes; a name in a file system has at most 255, and date and number need some of them.
    private static let longestStem = 180
}

/// An instant as the folder's users read it: in the job's time zone, to the minute.
struct LocalTime {
    private let parts: DateComponents
    private let zone: TimeZone

    /// The time by the clock of a zone.
    init(_ time: WallTime, in zone: TimeZone) {
        self.zone = zone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: time.date)
    }

    /// `20261125-2204`, for names of folders.
    var compact: String { text("%04d%02d%02d-%02d%02d") }

    /// `2026-11-25 22:04 (Europe/Berlin)`; what Foundation calls GMT is UTC.
    var full: String { text("%04d-%02d-%02d %02d:%02d") + " (\(zone.identifier == "GMT" ? "UTC" : zone.identifier))" }

    private func text(_ format: String) -> String {
        String(
            format: format, parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0, parts.minute ?? 0)
    }
}
