import TestSupport
import Testing

@testable import RecordStore

@Suite("What forgetting a person means for a record")
struct ForgetDecisionTests {
    @Test(
        "By its status",
        arguments: [
            (.queued, .cancel), (.inFlight, .awaitAnswer), (.succeeded, .erase), (.failed, .erase),
            (.inDoubt, .resolveFirst), (.invalid, .erase), (.reused, .erase), (.cancelled, .erase),
        ] as [(RecordStatus, ForgetDecision)])
    func live(status: RecordStatus, decision: ForgetDecision) {
        #expect(ForgetDecision(status) == decision)
        #expect(decision.isPossible == [.erase, .cancel].contains(decision))
    }

    @Test("In a copy that is put back nothing is left, but what tells of a call", arguments: RecordStatus.allCases)
    func restored(status: RecordStatus) {
        #expect(ForgetDecision(status, isRestored: true) == (status == .queued ? .cancel : .erase))
    }
}
