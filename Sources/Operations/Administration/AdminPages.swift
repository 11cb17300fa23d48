import Basics
import Foundation
import JobRunner
import RecordStore
import Results
import Settings

/// Makes the administration's pages for those who may see them. What a page shows is made by the page's own type, what an
/// action does by the commands' functions; here is which of them a request wants.
final class AdminPages: Sendable {
    private let context: DaemonContext
    private let templates: PageTemplates
    private let uploads: UploadDesk
    private let counted = CountedReasons()
    private let checks = Lock<DoctorResult?>(nil)
    private let offers = Lock(ActionOffers())
    private let selectionOffers = Lock(SelectionOffers())

    /// What the doctor found last, and when.
    private struct DoctorResult: Sendable {
        let findings: [Finding]
        let at: WallTime
    }

    /// Prepares the pages.
    ///
    /// - Throws: What is wrong with a template, which no installation can bring about.
    init(context: DaemonContext) throws {
        self.context = context
        templates = try PageTemplates()
        uploads = UploadDesk(context: context)
    }

    /// The page on which one signs in.
    func signIn(problem: String?, next: String?) -> AdminAnswer {
        .page(templates.html(Page("sign-in", title: "Sign in", content: SignInPage(problem: problem, next: next))))
    }

    /// Enters in the audit that somebody signs in.
    ///
    /// - Throws: `StoreError` when it can't be written; nobody is signed in then.
    func note(_ role: AdminTokens.Role) async throws {
        try await record(.logIn, of: nil, detail: "as \(role.rawValue)", by: role)
    }

    /// Enters in the audit that a wrong token came from an address.
    ///
    /// - Throws: `StoreError` when it can't be written.
    func noteRefusal(from address: String) async throws {
        try await record(.logIn, of: nil, detail: "refused: a wrong token from \(address)", by: "nobody (page)")
    }

    /// Answers what was asked by somebody who may.
    ///
    /// - Throws: What keeps the page from being made.
    func answer(_ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        do {
            return try await found(visit)
        } catch let error as InvalidAdminValue {
            return refusal(error.message, status: 400, visit)
        } catch let error as OperationFailure {
            // What a value cannot be was refused above: what is left is what is not there.
            return refusal(error.message, status: error.status == .usage ? 404 : 409, visit)
        } catch let error as StoreError where error.code == .purged || error.code == .notAllowed {
            return refusal(OperationFailure(error).message, status: 409, visit)
        }
    }

    private func refusal(_ message: String, status: Int, _ visit: AdminRoutes.Visit) -> AdminAnswer {
        if case .api = visit.path { return .json(AdminFailure(error: message), status: status) }
        let page = MessagePage("This cannot be done", .warning, [message], path: "/", label: "Overview")
        var answer = self.page("message", "Not done", in: "", page, visit)
        answer.status = status
        return answer
    }

    private func found(_ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let (store, parameters) = (context.store, try visit.request.parameters)
        switch visit.path {
        case .events: return .events
        case .overview: return page("overview", "Overview", in: "/", try await OverviewPage.read(context), visit)
        case .batches:
            let content = try await BatchesPage.read(context, try BatchFilter(parameters))
            return page("batches", "Batches", in: "/batches", content, visit)
        case .batch(let name):
            let content = try await BatchPage.read(store.batchOrFailure(name), context, counted, for: visit.visitor)
            return page("batch", name, in: "/batches", content, visit)
        case .records(let name): return try await records(store.batchOrFailure(name), parameters, visit)
        case .line(let name, let line): return try await attempts(store.batchOrFailure(name), line, visit)
        case .file(let name, let file): return try await self.file(file, of: store.batchOrFailure(name), visit)
        case .action(let name, let action): return try await act(action, on: store.batchOrFailure(name), visit)
        case .selection(let action): return try await act(action, visit)
        case .jobs:
            let content = JobsPage(try await JobsPage.listings(context), try await store.batches(), for: visit.visitor)
            return page("jobs", "Jobs", in: "/jobs", content, visit)
        case .ledger: return try await ledger(parameters, visit)
        case .ledgerTable:
            let text = LedgerPage.csv(try await periodLedger(parameters))
            return AdminAnswer(
                status: 200, text: text, contentType: "text/csv; charset=utf-8",
                fields: ["Content-Disposition": "attachment; filename=\"ledger.csv\""])
        case .upload: return try await upload(parameters, visit)
        case .uploadDecision: return try await decide(visit)
        case .health: return try await health(visit)
        case .api(let api): return try await AdminReports(context: context).answer(api, visit)
        case .metrics, .liveness, .readiness, .signIn, .signOut, .style, .script: return .unknownPath
        }
    }

    private func page(
        _ template: String, _ title: String, in section: String, _ content: Any, _ visit: AdminRoutes.Visit
    ) -> AdminAnswer {
        .page(templates.html(Page(template, title: title, in: section, content: content, for: visit.visitor)))
    }

    private func record(
        _ name: Action.Name, of batch: BatchID?, detail: String, by role: AdminTokens.Role
    ) async throws {
        try await record(name, of: batch, detail: detail, by: "\(role.rawValue) (page)")
    }

    private func record(_ name: Action.Name, of batch: BatchID?, detail: String, by user: String) async throws {
        var provenance = context.configuration.provenance
        provenance.user = user
        try await context.store.recordAction(
            Action(at: context.clock.now, batch: batch, name: name, detail: detail, provenance: provenance))
    }
}

/// Why a script's request was refused.
struct AdminFailure: Encodable {
    let error: String
}

extension AdminPages {
    private func records(
        _ batch: Batch, _ parameters: [String: String], _ visit: AdminRoutes.Visit
    ) async throws -> AdminAnswer {
        if let line = try InvalidAdminValue.reading(parameters["line"], "line", by: InvalidAdminValue.count) {
            return .seeOther("\(batch.path)/lines/\(line)")
        }
        let status = try InvalidAdminValue.reading(parameters["status"], "status", by: RecordStatus.init(rawValue:))
        let first = try InvalidAdminValue.reading(parameters["from"], "line", by: InvalidAdminValue.count)
        guard let status else { return .seeOther(batch.path) }
        let showsIDs = context.settings.administration?.showsIDs ?? false
        if showsIDs {
            try await record(
                .readRecords, of: batch.id, detail: "\(status.rawValue), with ids", by: visit.visitor.role)
        }
        let content = try await RecordsPage.read(
            batch, status, from: first ?? 1, showsIDs: showsIDs, in: context.store)
        return page("records", "\(batch.name): \(content.status)", in: "/batches", content, visit)
    }

    private func attempts(_ batch: Batch, _ line: Int, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        guard let content = try await LinePage.read(batch, line, in: context.store) else {
            throw OperationFailure(.usage, "no record of \(batch.name) begins at line \(line)")
        }
        return page("line", "\(batch.name): line \(line)", in: "/batches", content, visit)
    }

    private func file(_ name: String, of batch: Batch, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let outlook = try await BatchOutlooks(context.configuration.place, context.store, at: context.clock.now)
            .outlook(of: batch)
        let downloads = context.settings.administration?.downloads ?? false
        let found: (path: String, byteCount: Int)? = await BlockingWork.run {
            guard let folder = outlook.results,
                let path = BatchFileList.location(
                    of: name, in: folder, BatchSummary.read(folder: folder), downloads: downloads, for: visit.visitor),
                // A file that is not there any more is one that there is not.
                let facts = try? FileManager.default.attributesOfItem(atPath: path), let size = facts[.size] as? Int
            else { return nil }
            return (path, size)
        }
        guard let found else { return .unknownPath }
        if !BatchFileList.harmless.contains(name) {
            try await record(.export, of: batch.id, detail: name, by: visit.visitor.role)
        }
        var fields = ["Content-Disposition": "attachment; filename=\"\(name)\""]
        if name == "report.html" {
            // The report brings its own style, and nothing else.
            fields = [
                "Content-Security-Policy":
                    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
            ]
        }
        return .file(
            found.path, byteCount: found.byteCount, contentType: BatchFileList.contentType(of: name), fields: fields)
    }
}

extension AdminPages {
    /// Shows what an action would do, and does it only where that is what was shown before.
    private func act(_ action: BatchAction, on batch: Batch, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let isWanted = visit.request.method == "POST"
        let values = isWanted ? visit.form.fields : try AdminForm(urlEncoded: visit.request.query).fields
        let (scope, actions) = (try ActionScope(action, values), BatchActions(context: context))
        let preview = try await actions.preview(action, of: batch, scope)
        var problem: String?
        if isWanted {
            problem = offers.withLock {
                $0.objection(to: visit.form["shown"], action, of: batch.name, scope, preview)
            }
            if problem == nil {
                let lines = try await actions.perform(action, on: batch, scope)
                return page(
                    "message", "\(action.title): \(batch.name)", in: "/batches",
                    MessagePage(
                        "Done", .good, lines, path: batch.path, label: "To the batch"), visit)
            }
        }
        let offer = try AdminAccess.random()
        offers.withLock { $0.add(offer, action, of: batch.name, scope, preview) }
        let content = ActionPage(action, batch, scope, preview, offer: offer, problem: problem)
        return page("action", "\(action.title): \(batch.name)", in: "/batches", content, visit)
    }

    /// The same for all batches that fit a filter.
    private func act(_ action: BatchAction, _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let isWanted = visit.request.method == "POST"
        let values = isWanted ? visit.form.fields : try AdminForm(urlEncoded: visit.request.query).fields
        let filter = try BatchFilter(values.compactMapValues(\.first))
        let (scope, actions) = (try ActionScope(action, values), BatchActions(context: context))
        let selection = try await actions.preview(action, ofAll: filter, scope)
        var problem: String?
        if isWanted {
            problem = selectionOffers.withLock {
                $0.objection(to: visit.form["shown"], action, filter, scope, selection)
            }
            if problem == nil {
                let lines = try await actions.perform(action, onAll: selection, scope)
                let done = MessagePage("Done", .good, lines, path: filter.path(page: 1), label: "To the batches")
                return page("message", action.title, in: "/batches", done, visit)
            }
        }
        let offer = try AdminAccess.random()
        selectionOffers.withLock { $0.add(offer, action, filter, scope, selection) }
        let content = SelectionPage(action, filter, scope, selection, offer: offer, problem: problem)
        return page("selection", action.title, in: "/batches", content, visit)
    }

    private func periodLedger(_ parameters: [String: String]) async throws -> PeriodLedger {
        let place = context.configuration.place
        let zone = place.settings.limits.timeZone
        let days = try LedgerPage.days(parameters, today: CallDay(at: context.clock.now, in: zone))
        return try await PeriodLedger(days, store: context.store, pricing: place.pricing, zone: zone)
    }

    private func ledger(_ parameters: [String: String], _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        do {
            return page("ledger", "Ledger", in: "/ledger", LedgerPage(try await periodLedger(parameters)), visit)
        } catch let error as InvalidAdminValue {
            let content = LedgerPage(
                from: parameters["from"] ?? "", to: parameters["to"] ?? "", problem: error.message)
            var answer = page("ledger", "Ledger", in: "/ledger", content, visit)
            answer.status = 400
            return answer
        }
    }

    private func upload(_ parameters: [String: String], _ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let jobs = context.configuration.jobs.values.filter { $0.rerun == nil && $0.isEnabled }.map(\.name)
        func form(_ problem: String?, _ job: String?, status: Int = 200) -> AdminAnswer {
            var answer = page(
                "upload", "Upload", in: "/upload", UploadPage(jobs: jobs, chosen: job, problem: problem), visit)
            answer.status = status
            return answer
        }
        guard visit.request.method == "POST" else { return form(nil, parameters["job"]) }
        let job = visit.form["job"] ?? JobDefinition.unnamed
        guard let file = visit.form.file else { return form("Choose a file.", job, status: 400) }
        guard jobs.contains(job) || job == JobDefinition.unnamed else {
            return form("There is no job of that name.", JobDefinition.unnamed, status: 400)
        }
        do {
            let again = visit.form["again"] != nil
            let (finding, id) = try await uploads.check(file, job: job, again: again)
            return page("check", finding.file, in: "/upload", CheckPage(finding, id: id, again: again), visit)
        } catch let error as InputError {
            return form(error.description, job, status: 422)
        }
    }

    private func decide(_ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        let id = visit.form["id"] ?? ""
        guard visit.form["decision"] == "take" else {
            uploads.drop(id)
            return .seeOther("/upload")
        }
        do {
            guard let batch = try await uploads.takeIn(id) else {
                throw OperationFailure(.unfinished, "the file is not kept any more; upload it again")
            }
            return .seeOther(batch.path)
        } catch let error as InputError {
            throw OperationFailure(.inputUnusable, error.description)
        }
    }

    private func health(_ visit: AdminRoutes.Visit) async throws -> AdminAnswer {
        if visit.request.method == "POST" {
            let doctor = DoctorOperation(
                config: context.settings.path, oneCall: false, json: false, console: .silent)
            let result = DoctorResult(findings: await doctor.examine(), at: context.clock.now)
            checks.withLock { $0 = result }
            return .seeOther("/health")
        }
        let content = HealthPage(context, checks.withLock { $0.map { ($0.findings, $0.at) } })
        return page("health", "Health", in: "/health", content, visit)
    }
}
