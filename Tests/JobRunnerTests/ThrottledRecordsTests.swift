import RecordStore
import Testing

@testable import JobRunner

/// Records that can be asked within an expectation.
private final class Records {
    var throttled: ThrottledRecords
    private let first = RecordID(batch: BatchID(rawValue: 1), line: 2)

    init(attempts: Int) { throttled = ThrottledRecords(attempts: attempts) }

    func take(
        _ outcome: Outcome, times: Int = 1, of record: RecordID? = nil, others: Bool = true
    ) -> [ThrottledRecords.Verdict] {
        (0..<times).map { _ in throttled.take(outcome, of: record ?? first, othersAreAnswered: others) }
    }

    func beginLastTries(_ record: RecordID? = nil) { throttled.beginLastTries([record ?? first]) }
}

@Suite struct ThrottledRecordsTests {
    private let overloaded = Outcome(.overloaded)

    @Test func tenTimesTheAttemptsAreEnoughToBeTriedLastAndThenFail() {
        let records = Records(attempts: 2)
        #expect(records.take(overloaded, times: 20) == Array(repeating: .again, count: 19) + [.last])
        records.beginLastTries()
        #expect(records.take(overloaded) == [.enough])
    }

    @Test func whileNoOthersAreAnsweredItIsNotTheRecordsFault() {
        let records = Records(attempts: 1)
        #expect(records.take(overloaded, times: 50, others: false) == Array(repeating: .again, count: 50))
        #expect(records.take(overloaded) == [.last])
    }

    @Test func anotherAnswerStartsTheCountAnewAndACallThatNeverLeftDoesNot() {
        let records = Records(attempts: 1)
        _ = records.take(overloaded, times: 9)
        #expect(records.take(Outcome(.unsent, isAnswer: false)) == [.again])
        #expect(records.take(overloaded) == [.last])
        #expect(records.take(Outcome(.transient)) == [.again])
        #expect(records.take(overloaded) == [.again])
    }

    @Test func eachRecordHasItsOwnCountAndALastTryThatIsAnsweredIsNone() {
        let records = Records(attempts: 1)
        let other = RecordID(batch: BatchID(rawValue: 1), line: 3)
        _ = records.take(overloaded, times: 9, of: other)
        #expect(records.take(overloaded) == [.again])
        records.beginLastTries(other)
        #expect(records.take(Outcome(.succeeded), of: other) == [.again])
    }

    @Test func noNumberOfAttemptsIsTooLarge() {
        #expect(Records(attempts: .max).take(overloaded) == [.again])
    }
}
