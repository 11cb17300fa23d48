import Basics
import Foundation
import RecordStore
import Results
import Settings
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("What pages show of batches, and which action is offered")
struct PageModelTests {
    static func batch(
        _ id: Int64 = 1, _ state: BatchState = .running, job: String = "nightly", reason: String? = nil,
        createdAt: WallTime = 0, _ change: (inout BatchCounts) -> Void = { _ in }
    ) -> Batch {
        var counts = BatchCounts()
        change(&counts)
        return Batch(
            id: BatchID(rawValue: id), name: "day-\(id)", job: job, fileName: "Day \(id).csv", contentDigest: [],
            format: .csv, state: state, reason: reason, isIngested: state != .ingesting,
            checkpoint: Checkpoint(byteOffset: 0, line: 1),
            provenance: Provenance(
                user: "", host: "", version: "", settingsHash: "", endpoint: "", keyID: "", certificateFingerprint: ""),
            createdAt: createdAt, ingestedAt: 0, startedAt: nil, finishedAt: state.isFinished ? 1 : nil,
            purged: PurgeTimes(), reuses: true, cardLikeIDs: 0, doubtedLines: 0, counts: counts)
    }

    @Test(
        arguments: [
            (.ingesting, 0, 0, [.pause, .cancel]), (.awaitingConfirmation, 0, 0, [.start, .cancel]),
            (.running, 0, 0, [.pause, .cancel]), (.running, 2, 1, [.pause, .cancel, .rerun, .resolve]),
            (.paused, 0, 0, [.resume, .cancel]), (.halted, 0, 1, [.resume, .cancel, .rerun, .resolve]),
            (.completed, 0, 0, []), (.completed, 1, 0, [.rerun]), (.completed, 0, 1, [.rerun, .resolve]),
            (.cancelled, 0, 0, []), (.rejected, 0, 0, []),
        ] as [(BatchState, Int, Int, [BatchAction])])
    func onlyWhatMakesSenseIsOffered(state: BatchState, failed: Int, inDoubt: Int, actions: [BatchAction]) {
        let batch = Self.batch(1, state) { ($0.failed, $0.inDoubt, $0.total) = (failed, inDoubt, failed + inDoubt) }
        #expect(BatchAction.offered(for: batch) == actions)
    }

    private static let day: Int64 = 86_400_000
    private static let many = [
        batch(1, .completed, createdAt: 0) { $0.failed = 5 }, batch(2, .halted, createdAt: .init(milliseconds: day)),
        batch(3, .running, job: "other", createdAt: .init(milliseconds: 2 * day)) { ($0.inDoubt, $0.total) = (1, 9) },
    ]

    @Test(
        arguments: [
            ([:], [3, 2, 1]), (["order": "oldest"], [1, 2, 3]), (["state": "halted"], [2]), (["job": "other"], [3]),
            (["text": "DAY 2"], [2]), (["text": "day-1"], [1]), (["text": "nothing"], []),
            (["order": "failed"], [1, 3, 2]),
            (["order": "doubt"], [3, 2, 1]), (["order": "size"], [3, 2, 1]), (["from": "1970-01-02"], [3, 2]),
            (["to": "1970-01-02"], [2, 1]), (["from": "1970-01-02", "to": "1970-01-02"], [2]),
            (["state": "", "text": ""], [3, 2, 1]),
        ] as [([String: String], [Int64])])
    func aFilterShowsWhatFits(query: [String: String], ids: [Int64]) throws {
        #expect(try BatchFilter(query).apply(to: Self.many).map(\.id.rawValue) == ids)
    }

    @Test(
        arguments: [
            ["state": "halting"], ["from": "2026-13-40"], ["to": "zz"], ["order": "up"], ["page": "0"], ["page": "x"],
        ])
    func aFilterThatCannotBeReadIsNotLeftOut(query: [String: String]) {
        #expect(throws: InvalidAdminValue.self) { try BatchFilter(query) }
    }

    @Test(arguments: [["from": "2026-13-40"], ["to": "zz"], ["from": "2026-02-02", "to": "2026-02-01"]])
    func aPeriodThatIsNoneIsRefused(query: [String: String]) throws {
        #expect(throws: InvalidAdminValue.self) { try LedgerPage.days(query, today: CallDay(rawValue: 20_260_301)) }
    }

    @Test func pagesLeadToEachOtherWithTheSameFilter() throws {
        let batches = (1...Int64(120)).map { Self.batch($0) }
        let filter = try BatchFilter(["page": "2", "text": "day", "order": "oldest"])
        let page = BatchesPage(batches, filter) { _ in nil }
        #expect(page.table.rows.first?.name == "day-51" && page.table.rows.count == BatchFilter.pageSize)
        #expect(page.previous == "/batches?text=day&order=oldest")
        #expect(page.following == "/batches?text=day&order=oldest&page=3")
        #expect(page.found == "120 batches, page 2 of 3" && page.isFiltered)
        let last = BatchesPage(batches, try BatchFilter(["page": "99"])) { _ in nil }
        #expect(last.table.rows.count == 20 && last.following == nil && !last.isFiltered)
    }

    private static func status(_ gate: RunnerStatus.Gate = .open, rate: Double = 20, until: WallTime? = nil)
        -> RunnerStatus
    {
        RunnerStatus(
            process: 1, host: "h", version: "1", isDaemon: true, startedAt: 0, loadedAt: 0, updatedAt: 0, gate: gate,
            allowedRate: rate, closedUntil: until)
    }

    private static let busy = batch(1, .running) { ($0.queued, $0.total) = (3, 3) }

    @Test(
        arguments: [
            (status(), .normal, [busy], false, "Sending"),
            (status(rate: 5), .normal, [busy], false, "Sending"),
            (status(), .full(since: 0), [busy], false, "Nothing is sent: the disk is full"),
            (status(.halted(reason: "no", since: 0)), .normal, [busy], false, "Nothing is sent: halted"),
            (
                status(.closed(reason: nil, since: 0, nextProbeAt: nil, probes: 1)), .normal, [busy], false,
                "Nothing is sent just now"
            ),
            (status(until: 9_000), .normal, [busy], false, "Nothing is sent just now"),
            (status(until: 500), .normal, [busy], false, "Sending"),
            (status(), .normal, [busy], true, "Nothing is sent just now"),
            (status(), .normal, [batch(2, .halted)], false, "Nothing is sent: 1 batch waits for you"),
            (
                status(), .normal, [batch(2, .paused), batch(3, .awaitingConfirmation)], false,
                "Nothing is sent: 2 batches wait for you"
            ),
            (status(), .normal, [], false, "Nothing to send"),
        ] as [(RunnerStatus, StorageCondition, [Batch], Bool, String)])
    func whyNothingIsSent(
        status: RunnerStatus, storage: StorageCondition, batches: [Batch], closed: Bool, headline: String
    ) {
        let state = SendingState(
            status, storage, batches: batches, hold: nil, closedWindows: closed, contractRate: 20, at: 1_000)
        #expect(state.headline == headline)
        #expect(state.detail?.isEmpty == false)
    }

    @Test("At a cap the first page says when what it paused goes on by itself")
    func cap() {
        let paused = [Self.batch(2, .paused), Self.batch(3, .paused)]
        func state(_ resumptions: [BatchID: WallTime]) -> SendingState {
            SendingState(
                Self.status(), .normal, batches: paused, hold: nil, resumptions: resumptions, contractRate: 20, at: 0)
        }
        let capped = state([paused[0].id: 86_400_000, paused[1].id: 172_800_000])
        #expect(capped.headline == "Nothing is sent: a cap is reached")
        #expect(capped.detail?.contains("1970-01-02 00:00:00 UTC") == true)
        #expect(state([paused[0].id: 86_400_000]).headline == "Nothing is sent: 2 batches wait for you")
    }

    private static func node(_ name: String, _ standing: NodeStanding, answered: Bool = true) -> NodeView {
        NodeView(
            name: name, standing: standing, isAlive: true, host: "h-\(name)", process: 7, version: "1", startedAt: 0,
            openCalls: 0, keysLeft: 0, hasAnswered: answered)
    }

    private static func home(_ node: String, elsewhere: Bool, running: Bool) -> BatchHome {
        BatchHome(node: node, host: "h-\(node)", isElsewhere: elsewhere, isRunning: running, isLost: false)
    }

    @Test(
        "Where no node sends anything, the first page says which is missing and what to do",
        arguments: [
            ([node("a", .live), node("b", .live)], home("b", elsewhere: true, running: true), nil),
            ([node("a", .live), node("b", .live)], home("a", elsewhere: false, running: false), nil),
            ([node("a", .live), node("b", .live)], nil, nil),
            (
                [node("a", .live), node("b", .live)], home("b", elsewhere: true, running: false),
                "'rollcall nodes retire b'"
            ),
            ([node("a", .draining)], home("a", elsewhere: false, running: true), "which drains"),
            (
                [node("a", .live), node("b", .live, answered: false)], home("a", elsewhere: false, running: true),
                "'rollcall nodes retire b'"
            ),
            (
                [node("a", .live), node("b", .retired, answered: false)], home("a", elsewhere: false, running: true),
                nil
            ), ([], nil, nil),
        ] as [([NodeView], BatchHome?, String?)])
    func missingNodes(nodes: [NodeView], home: BatchHome?, words: String?) {
        let homes = home.map { [Self.busy.id: $0] } ?? [:]
        let idle = SendingState.idle([Self.busy], homes: homes, nodes: nodes)
        #expect(words.map { idle?.contains($0) == true } ?? (idle == nil), "\(idle ?? "-")")
        let state = SendingState(
            Self.status(), .normal, batches: [Self.busy], hold: nil, idle: idle, contractRate: 20, at: 1_000)
        #expect(state.headline == (words == nil ? "Sending" : "Nothing is sent: a node is missing"))
    }

    @Test("Many files of one job that were rejected do not push out what another job waits for")
    func crowd() {
        let recent = RecentNotices()
        recent.add(BatchNotice(noFileFor: "nightly", source: "in/*.csv", at: 0))
        for number in 1...(2 * RecentNotices.capacity) {
            recent.add(BatchNotice(.gateOpened, at: 0, reason: "\(number)", remedy: nil))
            recent.add(
                BatchNotice(
                    rejectedBy: "drop", "/in/\(number).csv",
                    because: InputError(file: "\(number).csv", rule: "no column"), at: 0))
        }
        #expect(recent.items.count == RecentNotices.capacity)
        #expect(recent.items.last?.text.contains("nightly") == true)
    }

    @Test("Settings that were read at last are no alert any more")
    func cureOfReload() {
        let recent = RecentNotices()
        recent.add(BatchNotice(.reloadFailed, at: 0, reason: "x", remedy: nil))
        recent.add(BatchNotice(.gateOpened, at: 0, reason: "x", remedy: nil))
        recent.forgetFailedReloads()
        #expect(recent.items.map(\.label) == ["Check"] && !recent.items[0].text.contains("Settings"))
    }

    @Test func whatIsLeftOfCapsIsShown() {
        #expect(OverviewPage.dayFigure(40, cap: 100).used == 40)
        #expect(OverviewPage.dayFigure(40, cap: 100).note == "60 left of 100")
        #expect(OverviewPage.dayFigure(140, cap: 100).note == "0 left of 100")
        #expect(OverviewPage.dayFigure(0, cap: 0).used == 100)
        #expect(OverviewPage.dayFigure(7, cap: nil).used == nil)
    }

    @Test func anActionThatMakesNoSenseSaysSo() {
        let estimate = Estimate(calls: 3, rate: 1, pricing: nil)
        let done = Self.batch(1, .completed)
        #expect(ActionPreview(.pause, on: done, estimate, after: nil).obstacle?.hasPrefix("day-1 is completed") == true)
        let waiting = Self.batch(1, .awaitingConfirmation) { ($0.queued, $0.total) = (3, 3) }
        let start = ActionPreview(.start, on: waiting, estimate, after: nil)
        #expect(start.obstacle == nil && start.calls == 3 && start.records == 3 && start.possibleDoubleBills == 0)
        let cancel = ActionPreview(.cancel, on: waiting, Estimate(calls: 0, rate: 1, pricing: nil), after: nil)
        #expect(cancel.calls == 0 && cancel.records == 3)
    }

    @Test func whatWasBilledBeforeIsToldWhereABatchGoesOn() {
        let halted = Self.batch(1, .halted) { ($0.queued, $0.total) = (6, 6) }
        let estimate = Estimate(calls: 6, billedBefore: 4, rate: 1, pricing: nil)
        let resume = ActionPreview(.resume, on: halted, estimate, after: nil, attempts: 5)
        #expect(resume.possibleDoubleBills == 4 && resume.mostCalls == 30)
        #expect(resume.notes.contains { $0.contains("4 records of these were") })
        #expect(resume.notes.contains { $0.contains("at most 30 calls") })
    }

    @Test(
        "No more calls are told than the caps leave",
        arguments: [
            (nil, nil, 6, 30, 4), (0, .dailyCalls, 0, 0, 0), (3, .monthlyCost, 3, 3, 3), (6, .batchCalls, 6, 6, 4),
            (40, .batchCalls, 6, 30, 4),
        ] as [(Int?, Cap?, Int, Int, Int)])
    func caps(left: Int?, cap: Cap?, calls: Int, most: Int, bills: Int) {
        let paused = Self.batch(1, .paused) { ($0.queued, $0.total) = (6, 6) }
        let pricing = Pricing(currency: "USD", tiers: [Pricing.Tier(upTo: nil, each: 2)])
        let estimate = Estimate(calls: 6, billedBefore: 4, rate: 1, pricing: pricing)
        let day = CallDay(rawValue: 20_261_129)
        let caps = CallCaps(
            daily: cap == .dailyCalls ? left : nil, batch: cap == .batchCalls ? left : nil,
            monthly: cap == .monthlyCost ? left : nil, day: day)
        let allowance = CallAllowance(wanted: .max, caps: caps, batchCalls: 0, dayCalls: 0)
        let resume = ActionPreview(.resume, on: paused, estimate, after: nil, within: allowance, attempts: 5)
        #expect(resume.calls == calls && resume.mostCalls == most && resume.possibleDoubleBills == bills)
        #expect(resume.cost == .known(currency: "USD", certain: Decimal(2 * calls), atMost: Decimal(2 * calls)))
        #expect(resume.notes.contains { $0.contains("for now") } == (calls < 6))
    }

    private static func preview(
        _ calls: Int, bills: Int = 0, records: Int = 9, cost: Cost? = .unknown, obstacle: String? = nil
    ) -> ActionPreview {
        var preview = ActionPreview()
        (preview.calls, preview.possibleDoubleBills, preview.records) = (calls, bills, records)
        (preview.cost, preview.obstacle) = (cost, obstacle)
        return preview
    }

    @Test(
        "What a button was shown with is done once, and only where it has not become more",
        arguments: [
            (preview(5), preview(5), true), (preview(5), preview(4), true), (preview(5), preview(6), false),
            (preview(5, bills: 1), preview(5, bills: 2), false), (preview(5, bills: 2), preview(5), true),
            (preview(5), preview(5, obstacle: "is over"), false),
            (preview(0, records: 900), preview(0, records: 700), true),
            (
                preview(5, cost: .known(currency: "EUR", certain: 1, atMost: 1)),
                preview(5, cost: .known(currency: "EUR", certain: 2, atMost: 2)), false
            ),
        ])
    func offers(shown: ActionPreview, now: ActionPreview, isDone: Bool) throws {
        let scope = try ActionScope(.rerun, [:])
        var offers = ActionOffers()
        offers.add("a", .rerun, of: "day-1", scope, shown)
        offers.add("b", .rerun, of: "day-1", scope, shown)
        #expect((offers.objection(to: "a", .rerun, of: "day-1", scope, now) == nil) == isDone)
        #expect(offers.objection(to: "a", .rerun, of: "day-1", scope, now)?.contains("done already") == true)
        #expect(offers.objection(to: "b", .rerun, of: "day-2", scope, now)?.contains("Something else") == true)
        #expect(offers.objection(to: nil, .rerun, of: "day-1", scope, now) != nil)
    }

    @Test(
        arguments: [
            (["status": ["failed", "in_doubt"]], "failed,in_doubt", nil), ([:], "failed", nil),
            (["status": ["cancelled"], "lines": ["2-10"], "reason": ["X"]], "cancelled", "2-10"),
            (["lines": ["7"]], "failed", "7"), (["status": [""], "lines": [""]], "failed", nil),
        ] as [([String: [String]], String, String?)])
    func whichRecordsIsReadFromAForm(values: [String: [String]], statuses: String, lines: String?) throws {
        let scope = try ActionScope(.rerun, values)
        #expect(scope.statuses.map(\.rawValue).sorted().joined(separator: ",") == statuses)
        #expect(scope.linesText == lines)
    }

    @Test func whatCannotBeSentAgainIsRefused() {
        for values in [["status": ["succeeded"]], ["status": ["no"]], ["lines": ["x"]], ["lines": ["9-2"]]] {
            #expect(throws: InvalidAdminValue.self) { try ActionScope(.rerun, values) }
        }
        #expect(throws: InvalidAdminValue.self) { try ActionScope(.resolve, ["lines": ["2-3"]]) }
    }

    @Test func filesAreForThoseWhoMayHaveThem() {
        let (viewer, op) = (AdminVisitor(role: .viewer, formKey: nil), AdminVisitor(role: .operator, formKey: nil))
        func place(_ name: String, _ downloads: Bool, _ visitor: AdminVisitor) -> String? {
            BatchFileList.location(of: name, in: "/o", nil, downloads: downloads, for: visitor)
        }
        #expect(place("summary.json", false, viewer) == "/o/summary.json")
        #expect(place("report.html", false, viewer) == "/o/report.html")
        for (downloads, visitor) in [(true, viewer), (false, op), (true, op)] {
            #expect(place("results.csv", downloads, visitor) == nil, "not among the files of the summary")
            #expect(place("../summary.json", downloads, visitor) == nil)
        }
    }

    @Test(arguments: Settings.Notification.Event.allCases)
    func everyEventLeadsToAPageOnWhichSomethingCanBeDone(event: Settings.Notification.Event) throws {
        let alone = NoticePlace(BatchNotice(event, at: 0, reason: "x", remedy: nil))
        let ofBatch = NoticePlace(BatchNotice(event, of: Self.batch(), at: 0))
        for place in [alone, ofBatch] {
            // From the first page one click leads there; there it takes one more, or two where something is chosen first.
            let path = try AdminPath(place.path)
            #expect(path.admission(of: "GET") != nil && !place.label.isEmpty)
        }
    }

    @Test(
        "What has been told leads to what is to be done as long as it is to be done",
        arguments: [
            (.inDoubt, .completed, 1, "Decide", ""), (.inDoubt, .completed, 0, "Look", ""),
            (.halted, .halted, 0, "Resume", "/resume"), (.halted, .running, 0, "Look", ""),
            (.paused, .paused, 0, "Resume", "/resume"), (.paused, .completed, 0, "Look", ""),
            (.awaitingConfirmation, .awaitingConfirmation, 0, "Start", "/start"),
            (.awaitingConfirmation, .cancelled, 0, "Look", ""), (.completed, .completed, 1, "Look", ""),
        ] as [(Settings.Notification.Event, BatchState, Int, String, String)])
    func toldBefore(
        event: Settings.Notification.Event, state: BatchState, inDoubt: Int, label: String, page: String
    ) throws {
        let batch = Self.batch(1, state) { $0.inDoubt = inDoubt }
        let recent = RecentNotices()
        recent.add(BatchNotice(event, of: batch, at: 0))
        let item = try #require(recent.items(notCuredBy: [batch]).first)
        #expect(item.label == label && item.path == "/batches/\(batch.name)\(page)")
    }
}

@Suite("What waits for a person on the first page")
struct AttentionTests {
    @Test("Of many batches the gravest are named, and how many more there are; keys are named in any case")
    func many() {
        let batches = (Int64(1)...40).map { number in
            PageModelTests.batch(number, number == 40 ? .halted : .completed) { $0.inDoubt = number == 40 ? 0 : 1 }
        }
        let found = Attention.list(batches: batches, keys: ["a key ends"], disk: nil)
        #expect(found.count == Attention.mostBatches + 2)
        #expect(found[0].text.hasPrefix("day-40 is halted") && found[0].label == "Resume")
        #expect(found[Attention.mostBatches].text == "10 more batches" && found.last?.text == "a key ends")
        let few = Attention.list(batches: Array(batches.prefix(Attention.mostBatches)), keys: [], disk: nil)
        #expect(few.count == Attention.mostBatches && !few.contains { $0.text.contains("more") })
    }
}

@Suite("Uploads that wait for a decision")
struct PendingUploadsTests {
    private let folder: TemporaryFolder
    private static let row = "id,email\nr1,ada@example.com\n"

    init() throws { folder = try TemporaryFolder() }

    private func file(_ content: [UInt8]) throws -> SealedFile {
        var writer = try SealedFile.Writer(name: "a.csv", in: folder.path)
        try writer.append(content[...])
        return try writer.finish()
    }

    private func upload(at time: MonotonicTime) throws -> SealedUpload {
        SealedUpload(try file(Array(Self.row.utf8)), job: "nightly", again: true, estimate: "1 call", at: time)
    }

    @Test("They are sealed, have no name, and open again in whatever portions")
    func theyAreSealedAndOpenAgain() throws {
        let upload = try upload(at: MonotonicTime(nanoseconds: 0))
        #expect(try upload.file.content() == Array(Self.row.utf8))
        #expect(upload.auditDetail == "a.csv under the job nightly, once more: 1 call")
        #expect(!"\(upload)".contains("ada@example.com"))
        #expect(try file([]).content().isEmpty)
        let portion = SealedFile.portion
        for count in [1, portion - 1, portion, portion + 1, 3 * portion] {
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            let file = try file(content)
            #expect(file.byteCount == count)
            for length in [1_000, portion, portion + 1] { #expect(try file.content(inPortionsOf: length) == content) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("On the disk nothing of it can be read, and what was changed there is not opened")
    func theDiskHasNothingOfIt() throws {
        let file = try file(Array(Self.row.utf8))
        // The file has no name: it is found among those that this process has open.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map { "/proc/self/fd/\($0)" }
        let path = try #require(
            open.first {
                // Others may have been closed meanwhile.
                let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: $0)) ?? ""
                return target.hasPrefix(folder.path) && target.hasSuffix(" (deleted)")
            })
        var sealed = [UInt8](try #require(FileManager.default.contents(atPath: path)))
        #expect(sealed.count == file.byteCount + 16 && !Data(sealed).contains(Data("ada@example.com".utf8)))
        sealed[3] ^= 1
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.write(contentsOf: sealed)
        try handle.close()
        #expect(throws: InputError.self) { try file.content() }
    }

    @Test func theyEndByTimeAndMakeRoomForOthers() throws {
        var pending = PendingUploads()
        let start = MonotonicTime(nanoseconds: 0)
        for number in 0..<5 {
            let time = start + .seconds(number)
            pending.keep(try upload(at: time), as: "\(number)", at: time)
        }
        let now = start + .seconds(10)
        #expect(pending.take("0", at: now) == nil, "the oldest made room")
        #expect(pending.take("1", at: now) != nil)
        #expect(pending.take("1", at: now) == nil, "it is taken once")
        #expect(pending.take("2", at: start + .seconds(2) + PendingUploads.limit) == nil, "too late")
        #expect(pending.take("3", at: start + .seconds(2) + PendingUploads.limit) != nil)
    }
}
