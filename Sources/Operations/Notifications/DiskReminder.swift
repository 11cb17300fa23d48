import Basics

/// When to tell that the disk that holds the database has little room left. A pure rule: it is told once, and again only
/// after there was room in between.
struct DiskReminder: Sendable, Equatable {
    /// How often the disk is looked at.
    static let interval = Duration.seconds(60)

    private var isTold = false
    private var lookedAt: MonotonicTime?

    /// Whether it is time to look.
    func isDue(at now: MonotonicTime) -> Bool { lookedAt.map { now - $0 >= Self.interval } ?? true }

    /// Takes how much room there is.
    ///
    /// - Parameters:
    ///   - free: The free bytes; nil: that is unknown, and changes nothing.
    ///   - now: When it was looked at.
    /// - Returns: Whether that is to be told.
    mutating func take(free: Int?, at now: MonotonicTime) -> Bool {
        lookedAt = now
        guard let free else { return false }
        let (isLow, wasTold) = (free < StorageChecks.alarmingSpace, isTold)
        isTold = isLow
        return isLow && !wasTold
    }
}
