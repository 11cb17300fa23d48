import Basics
package import Foundation

/// Figures in readable form.
package enum NumberFormat {
    /// `41s`, `3m 20s`, `2h 5m`, `3d 4h`; the input in seconds. An infinite or unrepresentable value, as a division by
    /// a rate of 0 gives, is `for ever`.
    static func duration(seconds: Double) -> String {
        guard let whole = Int(exactly: seconds.rounded(.up)) else { return "for ever" }
        switch whole {
        case ..<60: return "\(max(0, whole))s"
        case ..<3_600: return pair(whole / 60, "m", whole % 60, "s")
        case ..<86_400: return pair(whole / 3_600, "h", whole % 3_600 / 60, "m")
        default: return pair(whole / 86_400, "d", whole % 86_400 / 3_600, "h")
        }
    }

    /// A rate with one decimal below ten, none above: `0.5`, `60`, `1,200`.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond >= 10, let whole = Int(exactly: perSecond.rounded()) else {
            return String(format: "%.1f", perSecond)
        }
        return count(whole)
    }

    /// `1,234,567`.
    static func count(_ number: Int) -> String { Counted.number(number) }

    /// `1 line`, `2 lines`.
    static func count(_ number: Int, _ noun: String) -> String { Counted.things(number, noun) }

    /// The first few of some names, and how many more there are.
    static func names(_ names: [some CustomStringConvertible]) -> String {
        let shown = names.prefix(5).map(\.description).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(count(names.count - 5)) more" : shown
    }

    /// `2026-11-23 18:40:05 UTC`.
    package static func time(_ date: Date) -> String { time(WallTime(date)) }

    /// `2026-11-23 18:40:05 UTC`.
    static func time(_ time: WallTime) -> String {
        var seconds = time_t(time.milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d UTC", parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
    }

    /// `2026-11-23 22:00 +01:00`, by the clock of a zone.
    static func time(_ time: WallTime, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: time.date)
        let shown = Self.time(time + .seconds(offset)).prefix(16)
        let minutes = abs(offset) / 60
        return String(format: "\(shown) \(offset < 0 ? "-" : "+")%02d:%02d", minutes / 60, minutes % 60)
    }

    /// `37.2 GiB`, `512 MiB`: binary units, as files of a database come in.
    static func bytes(_ count: Int) -> String {
        let (kibi, mebi, gibi) = (1 << 10, 1 << 20, 1 << 30)
        switch count {
        case gibi...: return String(format: "%.1f GiB", Double(count) / Double(gibi))
        case mebi...: return "\(count / mebi) MiB"
        case kibi...: return "\(count / kibi) KiB"
        default: return "\(count) B"
        }
    }

    private static func pair(_ first: Int, _ firstUnit: String, _ second: Int, _ secondUnit: String) -> String {
        "\(count(first))\(firstUnit)" + (second == 0 ? "" : " \(second)\(secondUnit)")
    }
}
