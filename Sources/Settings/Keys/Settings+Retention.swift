import Basics

extension Settings {
    /// How long what was taken in, and what was made of it, is kept once it is no longer needed.
    ///
    /// Ages count from a batch's end, of a reused answer from its call, of a refused file from its refusal.
    package struct Retention: Sendable, Equatable {
        /// What has an age of its own.
        package enum Kind: String, Sendable, CaseIterable, Codable {
            /// The input's rows, which requests are made of; never kept longer than the results.
            case payloads
            /// Answers, ids and error details; never kept longer than the ledger.
            case results
            /// What is known of each record and its calls.
            case ledger
            /// Input files that were put away.
            case archive
            /// Result files.
            case outputs
            /// Input files that were refused, with the texts that say why.
            case rejected
        }

        private var ages: [Kind: Duration] = [:]

        /// Everything is kept.
        package static let everything = Retention()

        private init() {}

        /// Describes for how long; what is left out is kept.
        package init(_ ages: [Kind: Duration]) { self.ages = ages }

        /// How long something is kept; nil: until an operator purges it.
        package subscript(kind: Kind) -> Duration? { ages[kind] }

        /// Whether everything is kept.
        package var keepsEverything: Bool { ages.isEmpty }
    }
}

extension Settings.Retention.Kind {
    /// The key's dotted path.
    package var key: String { "retention.\(rawValue)" }

    fileprivate var about: String {
        switch self {
        case .payloads: "how long input rows stay in the database after their batch's end; absent: kept"
        case .results: "how long answers, ids and error details stay there, not under payloads; absent: kept"
        case .ledger: "how long records and the ledger's lines of their calls stay, not under results; absent: kept"
        case .archive: "how long input files stay in an archive folder after their batch's end; absent: kept"
        case .outputs: "how long result files stay; absent: kept"
        case .rejected: "how long refused input files stay in a rejected folder; absent: kept"
        }
    }
}

extension SettingKeys {
    static func age(of kind: Settings.Retention.Kind) -> SettingKey<Duration> {
        SettingKey(kind.key, .duration(.seconds(3600)...(.seconds(3650 * 86400)), "from 1h to 3650d"), kind.about)
    }

    /// A job may set each for itself, but not to more.
    static let ages: [KeyDescription] = Settings.Retention.Kind.allCases.map { age(of: $0).description }
}

extension Settings.Retention {
    /// Reads the section; what it leaves out comes from `inherited`.
    ///
    /// - Throws: An error at an age that is longer than the inherited one, or that is over before what goes with it.
    init(from reader: inout ValueReader, over inherited: Self = .everything) throws(SettingsError) {
        for kind in Kind.allCases {
            let key = SettingKeys.age(of: kind)
            guard let age = try reader.optional(key, over: inherited[kind]) else { continue }
            if let longest = inherited[kind], age > longest {
                throw reader.error(
                    at: kind.key,
                    "\(kind.key) must not be longer than that of rollcall.yaml, \(longest.settingText): a job may only "
                        + "shorten it")
            }
            ages[kind] = age
        }
        try requireOrder(reader)
    }

    /// What is erased later in the database goes with all that is erased before it.
    private func requireOrder(_ reader: ValueReader) throws(SettingsError) {
        for (earlier, later) in [(Kind.payloads, Kind.results), (.results, .ledger)] {
            guard let age = self[later], self[earlier].map({ $0 > age }) ?? true else { continue }
            let given = [later, earlier].first { reader.has($0.key) } ?? later
            let lack = self[earlier] == nil ? ", which must be given then" : ""
            throw reader.error(
                at: given.key,
                "\(later.key) must not be shorter than \(earlier.key)\(lack): \(earlier.rawValue) are erased at the latest "
                    + "with \(later.rawValue)")
        }
    }
}

extension Duration {
    /// As settings write it, in the largest unit that leaves no rest: `36h`, `30d`.
    package var settingText: String {
        whole(86_400_000, "d") ?? whole(3_600_000, "h") ?? whole(60_000, "m") ?? whole(1_000, "s")
            ?? "\(milliseconds)ms"
    }

    /// The count of units of `length` milliseconds with the unit's letter, nil where a rest would be left.
    private func whole(_ length: Int64, _ unit: String) -> String? {
        milliseconds > 0 && milliseconds % length == 0 ? "\(milliseconds / length)\(unit)" : nil
    }
}
