/// The keys by which a job starts and ends without anyone's hand.
extension JobDefinition {
    static let enabledKey = SettingKey(
        "enabled", .boolean, default: "true", "whether the daemon runs the job; 'run --job' does so anyway")
    static let scheduleKey = SettingKey("schedule", .schedule, "when the job is due; absent: not by the clock")
    static let timeZoneKey = SettingKey(
        "time_zone", .timeZone, "the clock of schedule and window; absent: limits.time_zone")
    static let catchUpKey = SettingKey(
        "catch_up", .boolean, default: "false",
        "whether a run that was missed while the daemon was down is made at start")
    static let windowKey = SettingKey("window", .window, "when calls may be made; absent: at any time")
    static let priorityKey = SettingKey(
        "priority", .integer(1...100), default: "1", "the job's weight beside others that run at the same time")

    static let pathKey = SettingKey(
        "source.path", .path, "a drop folder: its inbox, or the folder in which inbox and the others are made")
    static let globKey = SettingKey("source.glob", .pattern, "a pattern of files that the schedule takes in: in/*.csv")
    static let settleKey = SettingKey(
        "source.settle", .duration(.seconds(0)...(.seconds(86400)), "at most 1d"), default: "30s",
        "how long a file's size and times must stand still before it counts as whole")
    static let doneMarkerKey = SettingKey(
        "source.done_marker", .boolean, default: "false", "a file counts as whole only once NAME.done lies beside it")
    static let orderKey = SettingKey<Source.Order>(
        "source.order", .choice, default: "name", "which of several files comes first")

    static let afterKey = SettingKey<After>(
        "after", .choice,
        "what becomes of a file once its batch is done; absent: archive for source.path, keep for source.glob")
    static let exchangeGroupKey = SettingKey(
        "exchange_group", .name, "the group that may put files into the inbox and take results out")
    static let outputKey = SettingKey(
        "output", .path, "the folder of this job's results; absent: out/ of the drop folder, or the settings' output")

    static let rerunJobsKey = KeyDescription(
        path: "rerun.jobs", expectation: "a job's name or a list of them", fallback: nil,
        about: "the jobs whose batches are sent again; absent: all", isScalar: false)
    static let rerunStatusesKey = KeyDescription(
        path: "rerun.statuses", expectation: "failed or in_doubt, or a list of these", fallback: "failed",
        about: "which records are sent again; those in doubt may be billed twice", isScalar: false)
    static let youngerThanKey = SettingKey(
        "rerun.younger_than", .duration(.seconds(60)...(.seconds(365 * 86400)), "from 1m to 365d"),
        "only batches taken in less than this long ago")
}
