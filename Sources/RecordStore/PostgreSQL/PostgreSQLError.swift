import Basics

/// Why PostgreSQL, or the way to it, refuses a statement. It holds no text of the server's: these quote values.
struct PostgreSQLError: Error, Sendable, Equatable {
    /// The server's code (appendix A of its manual); nil where it gave none, because it was not reached or the connection
    /// broke.
    let sqlState: String?
    /// The constraint that was broken.
    var constraint: String?
    /// Whether the connection cannot be used any more.
    var isLost = false
    /// The server that this process has written to since, where the one that answers is an earlier one.
    var successor: ServerIdentity?

    /// The server takes no writes: it is a standby, or was made one.
    static let standby = PostgreSQLError(sqlState: "25006", isLost: true)

    /// The server has been replaced by another, which this process has written to.
    static func replaced(by successor: ServerIdentity) -> PostgreSQLError {
        PostgreSQLError(sqlState: nil, isLost: true, successor: successor)
    }

    /// For logs: the code, and the constraint.
    var cause: String {
        guard let sqlState else { return "PostgreSQL: the connection was lost" }
        return "PostgreSQL: \(sqlState)" + (constraint.map { " (\($0))" } ?? "")
    }

    /// Whether a rule of the schema was broken, or a value did not fit.
    var breaksARule: Bool { sqlState?.hasPrefix("23") ?? false }

    /// Whether the transaction was not done and may be done again: it was chosen to give way to another, or the
    /// connection broke before its end was asked for.
    var mayBeRepeated: Bool {
        isLost || ["40001", "40P01", "55P03", "25P03"].contains(sqlState)
    }
}

extension StoreError {
    /// What a PostgreSQL error means for a user.
    init(_ error: PostgreSQLError, while access: Access) {
        if let successor = error.successor {
            self = StoreError.earlierServer(than: successor)
            return
        }
        let (code, message): (Code, String) =
            switch error.sqlState {
            case nil, "57P01", "57P02", "57P03", "25P03": (Self.generalCode(access), Self.unreached)
            case let state? where state.hasPrefix("08"): (Self.generalCode(access), Self.unreached)
            case let state? where state.hasPrefix("28"):
                (
                    Self.generalCode(access),
                    "The database refuses this user or password: correct database, database_password_file or pg_hba.conf"
                )
            case "42501":
                (
                    Self.generalCode(access),
                    "The database's user lacks a permission: let it own the schema rollcall and its tables"
                )
            case "53100": (.diskFull, Self.fullDisk)
            case "25006":
                (
                    Self.generalCode(access),
                    "No server that database names takes writes now: they are standbys, or do not answer; name the primary, too"
                )
            case let state? where state.hasPrefix("23"):
                (
                    .notAllowed,
                    "The database refuses this by a rule of its schema, which is a fault of Rollcall: report it"
                )
            default: (Self.generalCode(access), Self.generalAtServer(access))
            }
        self.init(code, message, cause: error.cause)
    }

    private static var unreached: String {
        "The database cannot be reached: check that PostgreSQL runs and that this machine reaches it"
    }

    private static func generalAtServer(_ access: Access) -> String {
        "The database cannot be \(access == .reading ? "read" : "written"); look at PostgreSQL's log"
    }
}
