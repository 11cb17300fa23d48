extension LocalClock {
    /// When the clock first shows a minute, or, where it skips it, the end of the gap; nil on a day skipped as a whole.
    func firstShowing(of minute: Int) -> Int64? {
        // No zone was ever 15 hours ahead of UTC, so its clock does not show the minute yet.
        var start = instant(of: minute, offset: 15 * 60 * millisecondsOfMinute)
        while true {
            let showing = instant(of: minute, offset: offset(at: start))
            guard let change = change(after: start), showing >= change else { return showing }
            let shownAfter = self.minute(at: change)
            if shownAfter > minute {
                let shownBefore = change + offset(at: start)
                let day = minute.quotientAndRemainderDown(by: minutesOfDay).quotient
                let isWholeDay =
                    Int64(day * minutesOfDay) * millisecondsOfMinute >= shownBefore
                    && (day + 1) * minutesOfDay <= shownAfter
                return isWholeDay ? nil : change
            }
            start = change
        }
    }
}
