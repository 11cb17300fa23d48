import RecordStore
import Testing

@testable import Operations

@Suite("Statuses and lines on the command line")
struct RecordArgumentsTests {
    @Test("Statuses are joined by commas")
    func statuses() throws {
        #expect(try RecordArguments.statuses(in: "failed,in_doubt") == [.failed, .inDoubt])
        #expect(try RecordArguments.statuses(in: "failed, invalid") == [.failed, .invalid])
    }

    @Test("An unknown status is usage, and names those there are")
    func unknown() {
        #expect { try RecordArguments.statuses(in: "lost") } throws: { error in
            (error as? OperationFailure)?.status == .usage && "\(error)".contains("in_doubt")
        }
    }

    @Test("Lines have the form A-B", arguments: [("2-100", 2...100), ("7", 7...7)])
    func lines(text: String, range: ClosedRange<Int>) throws {
        #expect(try RecordArguments.lines(in: text) == range)
    }

    @Test("Other forms are refused", arguments: ["", "-", "5-", "-5", "9-2", "0-3", "a-b", "1-2-3"])
    func wrongLines(text: String) {
        #expect(throws: OperationFailure.self) { try RecordArguments.lines(in: text) }
    }
}
