import Foundation

/// A moment as people at the folder read it: in the job's time zone, to the minute.
struct LocalTime {
    private let parts: DateComponents
    private let zone: TimeZone

    /// Milliseconds since 1970 UTC.
    init(_ milliseconds: Int64, in zone: TimeZone) {
        self.zone = zone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
    }

    /// `20261125-2204`, for names of folders.
    var compact: String { text("%04d%02d%02d-%02d%02d") }

    /// `2026-11-25 22:04 (Europe/Berlin)`.
    var full: String { text("%04d-%02d-%02d %02d:%02d") + " (\(zone.identifier))" }

    private func text(_ format: String) -> String {
        String(
            format: format, parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0, parts.minute ?? 0)
    }
}
