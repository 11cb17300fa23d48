import Foundation

/// Milliseconds since 1970 of a text such as `2026-03-29 03:00+02:00`.
func instant(_ text: String) throws -> Int64 {
    let style = Date.ISO8601FormatStyle(timeZoneSeparator: .colon)
        .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false).timeZone(
            separator: .colon)
    let withSeconds = text.replacing(/^(.{16})/) { "\($0.output.1):00" }
    return Int64(try Date(withSeconds, strategy: style).timeIntervalSince1970 * 1000)
}

/// A time as a zone's clock shows it.
func shown(_ instant: Int64, in zone: TimeZone) -> String {
    let style = Date.ISO8601FormatStyle(timeZone: zone)
        .year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false).timeZone(
            separator: .colon)
    return Date(timeIntervalSince1970: Double(instant) / 1000).formatted(style)
}
