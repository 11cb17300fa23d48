import Settings
import Testing

@Suite struct ReferenceTests {
    @Test(arguments: [Settings.keys, JobDefinition.keys])
    func everyKeyIsDescribedOnce(keys: [KeyDescription]) {
        #expect(Set(keys.map(\.path)).count == keys.count)
        #expect(keys.allSatisfy { !$0.about.isEmpty && !$0.expectation.isEmpty })
    }

    @Test func aJobKnowsTheSettingsRunningKeysAndItsOwn() {
        let own = Set(JobDefinition.keys.map(\.path)).subtracting(Settings.keys.map(\.path))
        #expect(
            own == [
                "name", "description", "enabled", "schedule", "time_zone", "catch_up", "window", "priority",
                "source.path", "source.glob", "source.format", "source.settle", "source.done_marker", "source.order",
                "fields", "ignore_columns", "record_id", "after", "exchange_group", "rerun.jobs",
                "rerun.statuses", "rerun.younger_than", "confirm", "trim", "spreadsheet_checks", "placeholders.invalid",
                "placeholders.absent", "allow_card_numbers", "reuse_within", "accept.failed", "accept.invalid",
            ])
    }
}
