import RecordStore
import Testing

@testable import JobRunner

@Suite struct RefusalHistoryTests {
    private struct End {
        let line: Int
        let sign: Outcome.GateSignal?
        var isProbe = false
    }

    private func memory(_ ends: [End]) -> RefusalHistory {
        var memory = RefusalHistory()
        for end in ends {
            memory.take(
                end.sign, of: RecordID(batch: BatchID(rawValue: 1), line: end.line), isProbe: end.isProbe,
                errorText: "HTTP 403")
        }
        return memory
    }

    @Test func othersAnsweredAfterTheFirstRefusalShowThatItIsAboutTheRecord() {
        let memory = memory([
            End(line: 2, sign: .misconfigured), End(line: 3, sign: .answered),
            End(line: 2, sign: .misconfigured, isProbe: true),
        ])
        #expect(memory.isProbeRefused && memory.wereOthersAnswered)
        #expect(memory.lastText == "HTTP 403")
    }

    @Test func othersAnsweredBeforeItProveNothing() {
        let memory = memory([
            End(line: 3, sign: .answered), End(line: 2, sign: .misconfigured),
            End(line: 2, sign: .misconfigured, isProbe: true),
        ])
        #expect(memory.isProbeRefused && !memory.wereOthersAnswered)
    }

    @Test func aRecordRefusedForTheFirstTimeByTheProbeProvesNothing() {
        let memory = memory([
            End(line: 2, sign: .misconfigured), End(line: 3, sign: .answered),
            End(line: 4, sign: .misconfigured, isProbe: true),
        ])
        #expect(!memory.wereOthersAnswered)
    }

    @Test(arguments: [Outcome.GateSignal.answered, .trouble, nil])
    func aProbeThatIsNotRefusedSaysSo(_ sign: Outcome.GateSignal?) {
        let memory = memory([
            End(line: 2, sign: .misconfigured, isProbe: true), End(line: 3, sign: .answered),
            End(line: 2, sign: sign, isProbe: true),
        ])
        #expect(!memory.isProbeRefused && !memory.wereOthersAnswered)
    }

    @Test func aRecordThatIsAnsweredAtLastBeginsAnew() {
        let memory = memory([
            End(line: 2, sign: .misconfigured), End(line: 2, sign: .answered, isProbe: true),
            End(line: 2, sign: .misconfigured, isProbe: true),
        ])
        #expect(memory.isProbeRefused && !memory.wereOthersAnswered)
    }
}
