/// The sections a job can set for itself, too.
extension SettingKeys {
    static let rate = SettingKey("limits.rate", .rate, default: "20", "calls per second, by your contract")
    static let burst = SettingKey(
        "limits.burst", .integer(1...100_000), default: "1", "calls that may go out at once after a pause")
    static let concurrency = SettingKey(
        "limits.concurrency", .integer(1...1000), default: "32", "calls that may be under way at once")
    static let dailyCalls = SettingKey(
        "limits.daily_calls", .integer(atLeast: 0), "calls of one day; absent: no cap, 0: no calls")
    static let batchCalls = SettingKey(
        "limits.batch_calls", .integer(atLeast: 0), "calls of one batch; absent: no cap, 0: no calls")
    static let monthlyCost = SettingKey(
        "limits.monthly_cost", .price, "the most that calls of one calendar month may cost by pricing; absent: no cap")
    static let timeZone = SettingKey("limits.time_zone", .timeZone, default: "UTC", "where a day and a month begin")
    static let limits: [KeyDescription] = [
        rate.description, burst.description, concurrency.description, dailyCalls.description, batchCalls.description,
        monthlyCost.description, timeZone.description,
    ]

    static let attempts = SettingKey("retry.attempts", .integer(1...100), default: "5", "attempts at one record")
    static let baseDelay = SettingKey(
        "retry.base_delay", .duration(.milliseconds(1)...(.seconds(3600)), "at most 1h"), default: "500ms",
        "the first wait before another attempt, doubled each time")
    static let maxDelay = SettingKey(
        "retry.max_delay", .duration(.milliseconds(1)...(.seconds(86400)), "at most 1d"), default: "60s",
        "the longest such wait")
    static let inDoubt = SettingKey<Settings.Retry.InDoubt>(
        "retry.in_doubt", .choice, default: "hold",
        "what becomes of a record that was maybe sent: held for a person, or sent again and maybe billed twice")
    static let inDoubtBudget = SettingKey(
        "retry.in_doubt_budget", .integer(atLeast: 0),
        "how many in-doubt records of a batch 'retry' may send again; absent: all")
    static let retry: [KeyDescription] = [
        attempts.description, baseDelay.description, maxDelay.description, inDoubt.description,
        inDoubtBudget.description,
    ]

    static let probes = SettingKey(
        "halt.probes", .integer(1...100), default: "3", "single probes after a refusal, before the batch halts")
    static let probeInterval = SettingKey(
        "halt.probe_interval", .duration(.milliseconds(1)...(.seconds(3600)), "at most 1h"), default: "20s",
        "the wait between such probes")
    static let undecipherable = SettingKey(
        "halt.undecipherable", .integer(1...1000), default: "3", "answers in a row that do not decrypt, then a halt")
    static let outage = SettingKey(
        "halt.outage", .duration(.seconds(1)...(.seconds(30 * 86400)), "from 1s to 30d"),
        "how long the API may be away before a halt; absent: 5m for run, 6h for the daemon")
    static let haltFailed = SettingKey(
        "halt.failed", .share, default: "50%", "more than this share of the last answers failing for good halts")
    static let haltFailedOf = SettingKey(
        "halt.failed_of", .integer(10...10_000), default: "100", "how many of the last answers halt.failed looks at")
    static let halt: [KeyDescription] = [
        probes.description, probeInterval.description, undecipherable.description, outage.description,
        haltFailed.description, haltFailedOf.description,
    ]

    static let confirmCalls = SettingKey(
        "confirm_above.calls", .integer(atLeast: 0), default: "10000", "a batch of more calls waits for a person's word"
    )
    static let confirmCost = SettingKey(
        "confirm_above.cost", .price, "a batch that costs more by pricing waits for a person's word; absent: no bound")
    static let confirmAbove: [KeyDescription] = [confirmCalls.description, confirmCost.description]

    static let maxInvalid = SettingKey(
        "max_invalid", .share,
        "a batch with a larger share of invalid lines waits for a person's word; absent: 5%, and one bad line always may"
    )

    static let running = limits + retry + halt + confirmAbove
}
