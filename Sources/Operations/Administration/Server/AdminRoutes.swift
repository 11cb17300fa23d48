import Basics
import Foundation
import JobRunner
import Logging
import OpenSSL
import RecordStore
import Settings
import Synchronization

/// Decides what the administration answers to whom: who may ask for what is settled here, before any page is made.
final class AdminRoutes: Sendable {
    /// What a page is made for.
    struct Visit: Sendable {
        let path: AdminPath
        let visitor: AdminVisitor
        let request: AdminRequest
        /// What was sent with it; nothing for a GET.
        let form: AdminForm
    }

    /// What needs nobody's leave, and the makers of all that does.
    struct Handlers: Sendable {
        /// Why the daemon cannot do its work; nil: it can.
        var whyNotReady: @Sendable () async throws -> String?
        var metrics: @Sendable () async throws -> MetricsText
        /// The page on which one signs in, with what was wrong before.
        var signIn: @Sendable (_ problem: String?, _ next: String?) -> AdminAnswer
        /// Called when somebody has signed in, before they are.
        var signedIn: @Sendable (AdminTokens.Role) async throws -> Void
        /// Called when a wrong token came from an address, before that is answered.
        var refused: @Sendable (_ address: String) async throws -> Void
        var visit: @Sendable (Visit) async throws -> AdminAnswer
    }

    let access: AdminAccess
    let metricsAccess: Settings.Administration.MetricsAccess
    let handlers: Handlers
    let log: Logger
    /// Whether a file is being taken in: one at a time.
    private let isUploading = Atomic(false)
    /// Where uploaded files lie sealed.
    private let uploads: String
    /// The longest form without a file, in bytes: it is held in memory, and its fields are short.
    static let formLimit = 64 << 10
    /// The longest form with a file, in bytes: it goes to the disk in parts, whose space is what is bounded here.
    static let fileLimit = 1 << 30

    init(
        access: AdminAccess, metricsAccess: Settings.Administration.MetricsAccess, handlers: Handlers, uploads: String,
        log: Logger
    ) {
        (self.access, self.metricsAccess, self.handlers) = (access, metricsAccess, handlers)
        (self.uploads, self.log) = (uploads, log)
    }

    /// Answers a request; what fails is told in general words, and in the log.
    func answer(_ request: AdminRequest) async -> AdminAnswer {
        do {
            let path: AdminPath
            do throws(AdminPath.Fault) {
                path = try AdminPath(request.path)
            } catch {
                return error == .broken ? .brokenRequest : .unknownPath
            }
            return try await answer(request, at: path)
        } catch is AdminForm.Fault {
            return .brokenRequest
        } catch {
            let message = OperationFailure(error).message
            log.error(
                "the administration could not answer", metadata: ["path": "\(request.path)", "reason": "\(message)"])
            return .notReady("this could not be read; the daemon's log says why")
        }
    }

    private func answer(_ request: AdminRequest, at path: AdminPath) async throws -> AdminAnswer {
        guard let admission = path.admission(of: request.method) else { return .notAllowed(path.methods) }
        guard request.method != "POST" || request.isOfThisOrigin else { return .otherOrigin }
        if admission == .everybody { return try await publicAnswer(request, at: path) }
        if admission == .metrics, metricsAccess == .open { return .metrics(try await handlers.metrics()) }
        switch try await access.verdict(on: request) {
        case .tooManyTries: return .tooManyTries
        case .wrongToken:
            try await refuse(request)
            return .noToken
        case .stranger: return stranger(request, at: path)
        case .visitor(let visitor):
            guard admission != .operator || visitor.isOperator else { return .onlyOperators }
            return try await answer(request, at: path, to: visitor)
        }
    }

    private func answer(
        _ request: AdminRequest, at path: AdminPath, to visitor: AdminVisitor
    ) async throws -> AdminAnswer {
        if path == .metrics { return .metrics(try await handlers.metrics()) }
        guard request.method == "POST" else {
            return try await handlers.visit(Visit(path: path, visitor: visitor, request: request, form: AdminForm()))
        }
        // A session serves the pages' own forms; what scripts send takes a token.
        if case .api = path, visitor.formKey != nil { return .noToken }
        guard path == .upload || path == .uploadDecision else {
            guard let form = try await request.form(upTo: Self.formLimit) else { return .bodyTooLong }
            return try await answer(request, with: form, at: path, to: visitor)
        }
        guard isUploading.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            return .uploadUnderWay
        }
        defer { isUploading.store(false, ordering: .releasing) }
        do {
            guard let form = try await uploadForm(request, at: path) else { return .bodyTooLong }
            return try await answer(request, with: form, at: path, to: visitor)
        } catch let error as SystemFault where error.code == ENOSPC {
            return .noRoom
        }
    }

    /// A form with a file, which is written to the disk as it comes; nil where it is longer than is taken.
    private func uploadForm(_ request: AdminRequest, at path: AdminPath) async throws -> AdminForm? {
        guard path == .upload else { return try await request.form(upTo: Self.formLimit) }
        return try await BlockingWork.runTask {
            try await request.form(upTo: Self.fileLimit, filesIn: uploads)
        }
    }

    private func answer(
        _ request: AdminRequest, with form: AdminForm, at path: AdminPath, to visitor: AdminVisitor
    ) async throws -> AdminAnswer {
        if let key = visitor.formKey {
            guard ConstantTime.areEqual(Array((form["form_key"] ?? "").utf8), Array(key.utf8)) else {
                return .otherOrigin
            }
        }
        if path == .signOut { return .seeOther("/sign-in", fields: ["Set-Cookie": try access.signOut(request)]) }
        return try await handlers.visit(Visit(path: path, visitor: visitor, request: request, form: form))
    }

    private func publicAnswer(_ request: AdminRequest, at path: AdminPath) async throws -> AdminAnswer {
        switch path {
        case .readiness: return try await handlers.whyNotReady().map(AdminAnswer.notReady) ?? .healthy
        case .style: return AdminAnswer(status: 200, text: PageTemplates.style, contentType: "text/css; charset=utf-8")
        case .script:
            return AdminAnswer(status: 200, text: PageTemplates.script, contentType: "text/javascript; charset=utf-8")
        case .signIn:
            return request.method == "POST"
                ? try await signIn(request) : handlers.signIn(nil, Self.next(try request.parameters["next"]))
        default: return .healthy
        }
    }

    private func signIn(_ request: AdminRequest) async throws -> AdminAnswer {
        guard let form = try await request.form(upTo: Self.formLimit) else { return .bodyTooLong }
        let next = Self.next(form["next"])
        let token = form["token"]?.filter { !$0.isWhitespace } ?? ""
        switch try await access.signIn(with: token, from: request.address) {
        case .success(let session):
            try await handlers.signedIn(session.role)
            return .seeOther(next ?? "/", fields: ["Set-Cookie": session.cookie])
        case .failure(.tooManyTries):
            var answer = handlers.signIn("Too many wrong tokens came; wait a minute.", next)
            (answer.status, answer.fields["Retry-After"]) = (429, "60")
            return answer
        case .failure(.wrongToken):
            try await refuse(request)
            var answer = handlers.signIn("This is not the token of a role.", next)
            answer.status = 401
            return answer
        }
    }

    /// Logs a wrong token and enters it in the audit, without any of it; how many there can be is limited by address.
    private func refuse(_ request: AdminRequest) async throws {
        log.warning("a wrong token was refused", metadata: ["address": "\(request.address)"])
        try await handlers.refused(request.address)
    }

    /// A browser is led to the page on which one signs in; a script is told what it lacks.
    private func stranger(_ request: AdminRequest, at path: AdminPath) -> AdminAnswer {
        switch path {
        case .api, .metrics, .events: return .noToken
        default:
            guard request.method != "POST" else { return .seeOther("/sign-in") }
            let target = request.path + (request.query.isEmpty ? "" : "?" + request.query)
            return .seeOther(target == "/" ? "/sign-in" : "/sign-in?next=" + PercentCoding.encoded(target))
        }
    }

    /// Where to go after signing in: only to an address of this server.
    private static func next(_ text: String?) -> String? {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            // A path that cannot be parsed is no address of this server.
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), (try? AdminPath(String(text.prefix { $0 != "?" }))) != nil
        else { return nil }
        return text
    }
}

/// What can be asked of the administration, by its path. A pure rule: the table of all addresses.
enum AdminPath: Sendable, Equatable {
    case metrics
    case liveness
    case readiness
    case signIn
    case signOut
    case style
    case script
    /// The stream by which an open page learns that something has changed.
    case events
    case overview
    case batches
    case batch(String)
    /// A batch's records, by status.
    case records(String)
    /// The attempts of the record that begins at a line.
    case line(String, Int)
    /// A result file.
    case file(String, String)
    case action(String, BatchAction)
    /// An action on all batches that fit a filter.
    case selection(BatchAction)
    case jobs
    case ledger
    case ledgerTable
    case upload
    /// What is done with an uploaded file that has been looked through.
    case uploadDecision
    case health
    case api(AdminAPI)

    /// Reads a path.
    ///
    /// - Parameter text: The path without a query, as it came.
    /// - Throws: `Fault` where it is broken or leads nowhere.
    init(_ text: String) throws(Fault) {
        var segments: [String] = []
        guard text.hasPrefix("/") else { throw .broken }
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let segment = PercentCoding.decoded(part), !segment.contains(where: { $0 == "/" || $0 == "\0" })
            else {
                throw .broken
            }
            segments.append(segment)
        }
        guard let path = Self.single[segments.joined(separator: "/")] ?? Self.compound(segments[...]) else {
            throw .unknown
        }
        self = path
    }

    /// Why a path leads nowhere.
    enum Fault: Error, Equatable {
        /// It is not written as a path is.
        case broken
        case unknown
    }

    private static let single: [String: AdminPath] = [
        "metrics": .metrics, "healthz": .liveness, "readyz": .readiness, "sign-in": .signIn, "sign-out": .signOut,
        "style.css": .style, "live.js": .script, "events": .events, "": .overview, "batches": .batches, "jobs": .jobs,
        "ledger": .ledger, "ledger.csv": .ledgerTable, "upload": .upload, "upload/decision": .uploadDecision,
        "health": .health,
    ]

    private static func compound(_ segments: ArraySlice<String>) -> AdminPath? {
        let parts = Array(segments)
        switch (parts.first, parts.count) {
        case ("selection", 2): return BatchAction(rawValue: parts[1]).map(AdminPath.selection)
        case ("batches", 2): return parts[1].isEmpty ? nil : .batch(parts[1])
        case ("batches", 3):
            if parts[2] == "records" { return .records(parts[1]) }
            return BatchAction(rawValue: parts[2]).map { .action(parts[1], $0) }
        case ("batches", 4):
            switch parts[2] {
            case "lines": return Int(parts[3]).flatMap { $0 > 0 ? .line(parts[1], $0) : nil }
            case "files": return .file(parts[1], parts[3])
            default: return nil
            }
        case ("api", 3...) where parts[1] == "v1": return AdminAPI(Array(parts[2...])).map(AdminPath.api)
        default: return nil
        }
    }
}

/// What scripts can ask, below `/api/v1`.
enum AdminAPI: Sendable, Equatable {
    case status
    case batch(String)
    case action(String, BatchAction)
    case ledger
    case jobs
    case doctor

    init?(_ segments: [String]) {
        switch segments.count {
        case 1:
            switch segments[0] {
            case "status": self = .status
            case "ledger": self = .ledger
            case "jobs": self = .jobs
            case "doctor": self = .doctor
            default: return nil
            }
        case 2 where segments[0] == "batches" && !segments[1].isEmpty: self = .batch(segments[1])
        case 3 where segments[0] == "batches":
            guard let action = BatchAction(rawValue: segments[2]) else { return nil }
            self = .action(segments[1], action)
        default: return nil
        }
    }
}

extension AdminPath {
    /// Who may ask.
    enum Admission: Sendable, Equatable {
        /// Everybody who reaches the port.
        case everybody
        /// Whoever has a token, unless the settings open it.
        case metrics
        /// Whoever is signed in or shows a token.
        case viewer
        /// Only whoever may act.
        case `operator`
    }

    /// Who may ask for it by a method; nil where the method makes no sense there.
    func admission(of method: String) -> Admission? {
        let isRead = ["GET", "HEAD"].contains(method)
        guard isRead || method == "POST" else { return nil }
        switch self {
        case .liveness, .readiness, .style, .script: return isRead ? .everybody : nil
        case .metrics: return isRead ? .metrics : nil
        case .signIn: return .everybody
        case .signOut: return isRead ? nil : .viewer
        case .events, .overview, .batches, .batch, .records, .line, .file, .jobs, .ledger, .ledgerTable:
            return isRead ? .viewer : nil
        case .action, .selection, .upload: return .operator
        case .uploadDecision: return isRead ? nil : .operator
        case .health: return isRead ? .viewer : .operator
        case .api(.action): return isRead ? .viewer : .operator
        // All checks are run for it, as for the button.
        case .api(.doctor): return isRead ? .operator : nil
        case .api: return isRead ? .viewer : nil
        }
    }

    /// The methods that are answered, for `Allow` (RFC 9110 §10.2.1).
    var methods: String {
        ["GET", "HEAD", "POST"].filter { admission(of: $0) != nil }.joined(separator: ", ")
    }
}
