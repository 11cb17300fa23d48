/// Something that reads what others wrote, and is given bytes that nobody wrote on purpose.
///
/// `make fuzz` compiles a target's modules for libFuzzer, which looks for bytes that crash them or break the rule that is
/// checked here; the tests read the small corpora that it begins with, and whatever has ever been found.
enum FuzzTarget: String, CaseIterable, Sendable {
    case jwe
    case csv
    case jsonLines = "json-lines"
    case settings
    case job
    case retryAfter = "retry-after"
    case errors
    case answers
    case cron

    /// Reads the bytes.
    ///
    /// - Returns: The rule that was broken; nil where all is well.
    func read(_ bytes: [UInt8]) -> String? {
        switch self {
        case .jwe: JWEFuzzing.read(bytes)
        case .csv: CSVFuzzing.read(bytes)
        case .jsonLines: JSONLinesFuzzing.read(bytes)
        case .settings: SettingsFuzzing.read(bytes)
        case .job: JobFuzzing.read(bytes)
        case .retryAfter: RetryAfterFuzzing.read(bytes)
        case .errors: ErrorsFuzzing.read(bytes)
        case .answers: AnswersFuzzing.read(bytes)
        case .cron: CronFuzzing.read(bytes)
        }
    }
}
