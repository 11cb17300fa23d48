/// What one check of the doctor found.
struct Finding: Encodable, Equatable {
    /// How grave it is.
    enum Level: String, Encodable {
        case fine = "ok"
        case warning
        case failure
        /// Not done, because a cap forbids it.
        case refused
    }

    let check: String
    let level: Level
    /// What was found and, unless all is well, what to do.
    let message: String

    static func fine(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .fine, message: message)
    }
    static func warning(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .warning, message: message)
    }
    static func failure(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .failure, message: message)
    }
    static func refused(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .refused, message: message)
    }

    var text: String {
        let label =
            switch level {
            case .fine: "ok      "
            case .warning: "warning "
            case .failure: "FAILED  "
            case .refused: "REFUSED "
            }
        return "\(label)\(check): \(message)"
    }
}
