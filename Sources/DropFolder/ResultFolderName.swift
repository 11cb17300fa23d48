public import struct Foundation.TimeZone

/// The name of a batch's folder in `out/`: `NAME_DATE_ID`.
public enum ResultFolderName {
    /// Makes the name: the file's without its ending, when its batch was taken in, and the batch's number, which is
    /// never given twice.
    ///
    /// - Parameters:
    ///   - file: the input file's name.
    ///   - moment: when the batch was taken in, which a re-run does not change, in milliseconds since 1970 UTC.
    ///   - zone: the job's time zone.
    ///   - batch: the batch's number.
    /// - Returns: such as `accounts_20261125-2204_17`.
    public static func of(_ file: String, takenAt instant: Int64, in zone: TimeZone, batch: Int64) -> String {
        var stem = FreeNames.parts(of: file).stem
        while stem.utf8.count > longestStem { stem.removeLast() }
        return "\(stem)_\(LocalTime(instant, in: zone).compact)_\(batch)"
    }

    /// In bytes; a file system's names have 255, and date and number want some.
    private static let longestStem = 180
}
