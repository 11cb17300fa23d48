import RecordStore
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("What a re-run does in each state of a batch")
struct RerunStepTests {
    private static func batch(_ state: BatchState, queued: Int) -> Batch {
        var counts = BatchCounts()
        (counts.queued, counts.total) = (queued, queued + 1)
        return Batch(
            id: BatchID(rawValue: 1), name: "day-1", job: "run", fileName: "day.csv", contentDigest: [], format: .csv,
            state: state, reason: nil, isIngested: true, checkpoint: Checkpoint(byteOffset: 0, line: 1),
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: 0, ingestedAt: 0, startedAt: nil, finishedAt: nil, purged: PurgeTimes(),
            reuses: true, cardLikeIDs: 0, doubtedLines: 0,
            counts: counts)
    }

    @Test(
        "It sends what was named at once, leaves the others, or says what sends them",
        arguments: [
            // The state after the records were queued, how many wait, are named, and could be read without a call.
            (.running, 3, 3, 0, .send(leaving: 0)),
            (.running, 5, 3, 0, .send(leaving: 2)),
            (.running, 5, 3, 1, .send(leaving: 2)),
            (.running, 2, 0, 0, .nothing(waiting: 2)),
            (.running, 2, 0, 1, .nothing(waiting: 2)),
            (.completed, 0, 0, 0, .nothing(waiting: 0)),
            (.completed, 0, 0, 1, .conclude),
            (.cancelled, 0, 0, 0, .nothing(waiting: 0)),
            (.cancelled, 0, 0, 1, .conclude),
            // A daemon was quicker than this look.
            (.completed, 0, 3, 0, .send(leaving: 0)),
            (
                .paused, 1, 1, 0, .wait("nothing is sent now: it is paused; 'rollcall resume day-1' sends it")
            ),
            (
                .halted, 4, 2, 0,
                .wait("nothing is sent now: it is halted; 'rollcall resume day-1' sends them and 2 other records")
            ),
            (.paused, 1, 0, 0, .wait("no record matches; it is paused; 'rollcall resume day-1' sends 1 other record")),
            (.halted, 0, 0, 0, .wait("no record matches; it is halted; 'rollcall resume day-1' continues with it")),
        ] as [(BatchState, Int, Int, Int, RerunStep)])
    func step(state: BatchState, queued: Int, selected: Int, recovered: Int, step: RerunStep) {
        #expect(RerunStep(Self.batch(state, queued: queued), selected: selected, recovered: recovered) == step)
    }

    @Test(
        "Whatever is left waiting is told",
        arguments: [
            (.send(leaving: 0), nil), (.conclude, nil), (.wait("text"), "text"),
            (.send(leaving: 1), "1 other record waiting there is not sent; its file sends it"),
            (.send(leaving: 2), "2 other records waiting there are not sent; its file sends it"),
            (.nothing(waiting: 0), "no record matches; nothing to send"),
            (.nothing(waiting: 2), "no record matches; nothing to send; 2 records waiting there: its file sends it"),
        ] as [(RerunStep, String?)])
    func notice(step: RerunStep, text: String?) {
        #expect(step.notice(continuation: "its file sends it") == text)
    }

    @Test(
        "What cannot be queued again says why",
        arguments: [
            (.ingesting, "run its file again"), (.awaitingConfirmation, "run its file again"), (.rejected, "refused"),
            (.running, nil), (.completed, nil), (.cancelled, nil), (.paused, nil), (.halted, nil),
        ] as [(BatchState, String?)])
    func refusal(state: BatchState, text: String?) {
        let reason = Self.batch(state, queued: 0).reasonNotToRerun
        #expect((reason == nil) == (text == nil))
        if let text { #expect(reason?.contains(text) == true) }
    }
}
