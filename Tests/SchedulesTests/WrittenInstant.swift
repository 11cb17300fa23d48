import Basics
import Foundation

/// The time of a text such as `2026-03-29 03:00+02:00`.
func instant(_ text: String) throws -> WallTime {
    let style = Date.ISO8601FormatStyle(timeZoneSeparator: .colon)
        .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false).timeZone(
            separator: .colon)
    let withSeconds = text.replacing(/^(.{16})/) { "\($0.output.1):00" }
    return WallTime(try Date(withSeconds, strategy: style))
}

/// A time as a zone's clock shows it.
func shown(_ instant: WallTime, in zone: TimeZone) -> String {
    let style = Date.ISO8601FormatStyle(timeZone: zone)
        .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false).timeZone(
            separator: .colon)
    return instant.date.formatted(style)
}
