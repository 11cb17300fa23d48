import RecordStore
import Testing

@testable import JobRunner

@Suite struct RefusalMemoryTests {
    private struct End {
        let line: Int
        let sign: Outcome.GateSign?
        var isProbe = false
    }

    private func memory(_ ends: [End]) -> RefusalMemory {
        var memory = RefusalMemory()
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

    @Test(arguments: [Outcome.GateSign.answered, .trouble, nil])
    func aProbeThatIsNotRefusedSaysSo(_ sign: Outcome.GateSign?) {
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
