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
