import Schedules

extension ValueFormat<CronExpression> {
    static let schedule = ValueFormat(
        expectation:
            "in quotes, five fields of cron such as \"0 22 * * mon-fri\", or @hourly, @daily, @weekly, @monthly",
        canonical: { $0.description }, complaint: { text in reason { _ = try CronExpression(text) } },
        read: { text, _ in try? CronExpression(text) })
}

extension ValueFormat<CallWindow> {
    static let window = ValueFormat(
        expectation: "a start and an end such as 22:00-06:00, or several of these joined by commas",
        canonical: { $0.description }, complaint: { text in reason { _ = try CallWindow(text) } },
        read: { text, _ in try? CallWindow(text) })
}

private func reason(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ScheduleError)?.message
    }
}
