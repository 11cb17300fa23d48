extension JobDefinition {
    /// Where a job's files come from; a job without path and glob runs what it is given by hand.
    package struct Source: Sendable, Equatable {
        /// A drop folder: its inbox, or the folder that holds the inbox; absolute.
        package var path: String?
        /// The pattern of files that the schedule takes in; absolute.
        package var glob: String?
        /// How long a file's size and times must stand still before it counts as whole.
        package var settle: Duration
        /// Whether a file counts as whole only once `NAME.done` lies beside it.
        package var needsDoneMarker: Bool
        /// Which file comes first.
        package var order: Order

        /// The order in which waiting files are taken.
        package enum Order: String, Sendable, CaseIterable {
            case name
            /// The oldest first.
            case modified
        }

        /// Whether the job finds files by itself.
        package var isGiven: Bool { path != nil || glob != nil }
    }

    /// What becomes of an input file once its batch is done.
    package enum After: String, Sendable, CaseIterable {
        /// It is moved to `archive/`: that of the drop folder, or the one beside it.
        case archive
        case delete
        /// It stays where it is.
        case keep
    }

    /// A job that sends again what earlier batches left.
    package struct Rerun: Sendable, Equatable {
        /// The jobs whose batches are meant; nil: all.
        package var jobs: [String]?
        /// Which records are sent again.
        package var statuses: Set<Status>
        /// Only batches taken in less than this long ago.
        package var youngerThan: Duration

        /// What can be sent again.
        package enum Status: String, Sendable, CaseIterable {
            /// Records that failed.
            case failed
            /// Records that may have been sent, and may be billed twice by this.
            case inDoubt = "in_doubt"
        }
    }

    /// The shares of lines that may fail while the batch still counts as a success.
    package struct Accept: Sendable, Equatable {
        /// The share of failed records.
        package var failed: Share
        /// The share of invalid records.
        package var invalid: Share
    }
}

extension JobDefinition.Source {
    init(from reader: inout ValueReader) throws(SettingsError) {
        path = try reader.optional(JobDefinition.pathKey)
        glob = try reader.optional(JobDefinition.globKey)
        settle = try reader.value(JobDefinition.settleKey)
        needsDoneMarker = try reader.value(JobDefinition.doneMarkerKey)
        order = try reader.value(JobDefinition.orderKey)
    }

    /// A job that is given its files by hand.
    static let byHand = JobDefinition.Source(
        path: nil, glob: nil, settle: .seconds(30), needsDoneMarker: false, order: .name)
}

extension JobDefinition.Rerun {
    /// Reads the section; nil if there is none.
    init?(from reader: inout ValueReader) throws(SettingsError) {
        let keys = [
            JobDefinition.rerunJobsKey.path, JobDefinition.rerunStatusesKey.path, JobDefinition.youngerThanKey.path,
        ]
        guard keys.contains(where: reader.has) else { return nil }
        let names = try reader.words(JobDefinition.rerunJobsKey)
        let areNamed = reader.has(JobDefinition.rerunJobsKey.path)
        guard !areNamed || !names.isEmpty else {
            let key = JobDefinition.rerunJobsKey
            throw reader.error(at: key.path, "\(key.path) must be \(key.expectation)")
        }
        jobs = areNamed ? names : nil
        let statuses = reader.structure(JobDefinition.rerunStatusesKey.path)
        self.statuses =
            try statuses.map { entry throws(SettingsError) in
                Set(try reader.choices(entry, at: JobDefinition.rerunStatusesKey.path))
            } ?? [.failed]
        youngerThan = try reader.value(JobDefinition.youngerThanKey)
    }
}

extension JobDefinition.Accept {
    init(from reader: inout ValueReader) throws(SettingsError) {
        failed = try reader.value(JobDefinition.acceptFailedKey)
        invalid = try reader.value(JobDefinition.acceptInvalidKey)
    }

    /// Every record must be answered.
    static let nothing = JobDefinition.Accept(failed: .nothing, invalid: .nothing)
}
