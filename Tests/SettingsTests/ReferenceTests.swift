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
        #expect(own == ["name", "description", "source.format", "fields", "ignore_columns", "record_id"])
    }
}
