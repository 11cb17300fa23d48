package import Basics
package import Foundation

/// ISO 8601 in UTC with milliseconds, 24 bytes: `2026-01-31T22:00:00.250Z`. Every time in JSON and result files stands so.
package enum Timestamp {
    /// Appends a time. Years outside 0…9999 do not come from our clock and are
    /// shown as far as four digits reach.
    static func append(_ time: WallTime, to bytes: inout [UInt8]) {
        let (days, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let isBefore = rest < 0
        let inDay = isBefore ? rest + 86_400_000 : rest
        appendDate(isBefore ? days - 1 : days, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        digits(inDay / 3_600_000, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        digits(inDay / 60_000 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        digits(inDay / 1000 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        digits(inDay % 1000, 3, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The text of a time.
    package static func text(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        append(time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same by the clock of a zone, with its offset in place of the `Z`: `2026-01-31T23:00:00.250+01:00`.
    package static func text(_ time: WallTime, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: time.date)
        var bytes: [UInt8] = []
        append(time + .seconds(offset), to: &bytes)
        bytes[bytes.count - 1] = UInt8(ascii: offset < 0 ? "-" : "+")
        digits(Int64(abs(offset) / 3600), 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        digits(Int64(abs(offset) / 60 % 60), 2, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The proleptic Gregorian date of a day number, by counting years from 1 March (Howard Hinnant,
    /// 'chrono-Compatible Low-Level Date Algorithms', civil_from_days).
    private static func appendDate(_ days: Int64, to bytes: inout [UInt8]) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        digits(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        digits(month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        digits(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2, to: &bytes)
    }

    private static func digits(_ value: Int64, _ count: Int, to bytes: inout [UInt8]) {
        if count > 3 { bytes.append(digit(value / 1000)) }
        if count > 2 { bytes.append(digit(value / 100)) }
        bytes.append(digit(value / 10))
        bytes.append(digit(value))
    }

    private static func digit(_ value: Int64) -> UInt8 {
        UInt8(ascii: "0") + UInt8(truncatingIfNeeded: (value % 10).magnitude)
    }
}
