import RecordStore
import Testing

@testable import Operations

@Suite("What operators can do with a batch")
struct BatchCommandTests {
    /// Command, then for each state where it leads; nil: refused; the same state: nothing to do.
    private static let table: [(BatchCommand, [BatchState: BatchState])] = [
        (.start, [.awaitingConfirmation: .running, .running: .running]),
        (.pause, [.running: .paused, .ingesting: .paused, .paused: .paused]),
        (.resume, [.paused: .running, .halted: .running, .running: .running, .ingesting: .ingesting]),
        (
            .cancel,
            [
                .ingesting: .cancelled, .awaitingConfirmation: .cancelled, .running: .cancelled, .paused: .cancelled,
                .halted: .cancelled, .cancelled: .cancelled,
            ]
        ),
    ]

    @Test("Every command in every state leads where the table says", arguments: table.map(\.0))
    func effects(command: BatchCommand) throws {
        let expected = try #require(Self.table.first { $0.0 == command }?.1)
        for state in BatchState.allCases {
            switch (command.effect(on: state, isIngested: true, of: "day-1", rest: nil), expected[state]) {
            case (.becomes(let new), let wanted): #expect(new == wanted && new != state, "\(command) \(state)")
            case (.nothing, let wanted): #expect(wanted == state, "\(command) \(state)")
            case (.refused(let why), let wanted):
                #expect(wanted == nil, "\(command) \(state)")
                #expect(!why.isEmpty)
            }
        }
    }

    @Test("A command leads only where the store lets a batch go", arguments: BatchCommand.allCases)
    func storeAgrees(command: BatchCommand) {
        for state in BatchState.allCases {
            for isIngested in [true, false] {
                let effect = command.effect(on: state, isIngested: isIngested, of: "day-1", rest: nil)
                guard case .becomes(let new) = effect else { continue }
                #expect(state.successors.contains(new), "\(command) \(state)")
            }
        }
    }

    @Test("A batch paused while its file was being read is read on")
    func resumeReading() {
        let effect = BatchCommand.resume.effect(on: .paused, isIngested: false, of: "day-1", rest: nil)
        #expect(effect == .becomes(.ingesting))
    }

    @Test(
        "Of a batch that is over, it is said what sends the rest, and nothing where there is none",
        arguments: [BatchState.completed, .cancelled])
    func over(state: BatchState) {
        let rest = "'rollcall rerun day-1' sends its 2 failed records"
        #expect(
            BatchCommand.resume.effect(on: state, isIngested: true, of: "day-1", rest: rest)
                == .refused("is \(state.rawValue); \(rest)"))
        #expect(
            BatchCommand.pause.effect(on: state, isIngested: true, of: "day-1", rest: nil)
                == .refused("is \(state.rawValue); nothing of it is left to be sent"))
    }

    @Test(
        "After a cancel it is said what is not sent, and how it could be",
        arguments: [
            (0, "no record was left to be sent"),
            (1, "1 record will not be sent; 'rollcall rerun day-1 --status cancelled' would send it after all"),
            (2, "2 records will not be sent; 'rollcall rerun day-1 --status cancelled' would send them after all"),
        ])
    func givenUp(cancelled: Int, text: String) {
        let batch = BatchOutlookTests.batch(.cancelled, cancelled: cancelled)
        #expect(batch.givenUp(during: nil) == text)
        let end = cancelled == 0 ? "" : ", once process 7 has ended"
        #expect(batch.givenUp(during: 7) == text + end)
    }
}
